import { createFetchHandler, createReceiver } from '@showpad-webhooks/fetch';
import { signedDelivery } from '@showpad-webhooks/fetch/testing';
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from 'vitest';

const KEY = 'fetch-key';
const TYPE = 'shared-space-user-added';
const URL_OF_APP = 'https://example.com/webhooks/showpad?from=eu';

interface Sent {
  /** Called by the reader whenever it wants a piece. */
  readonly pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void;
  readonly cancel?: () => void;
}

function requestOf({ pull, cancel }: Sent, key = KEY): Request {
  const { headers } = signedDelivery(TYPE, { key });
  const body = new ReadableStream<Uint8Array>({ pull, ...(cancel && { cancel }) });
  return new Request(URL_OF_APP, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
}

function signedRequest(): Request {
  const { headers, body } = signedDelivery(TYPE, { key: KEY });
  return new Request(URL_OF_APP, { method: 'POST', headers, body: Buffer.from(body) });
}

async function codeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { code: string }).code;
}

describe('createFetchHandler', () => {
  test('handles a delivery, with its url and headers', async () => {
    const urls: (string | undefined)[] = [];
    const receive = createFetchHandler({ keys: KEY, on: { [TYPE]: (_event, { url }) => urls.push(url) } });
    const answer = await receive(signedRequest());
    expect([answer.status, await answer.json()]).toEqual([200, { outcome: 'handled' }]);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(urls).toEqual(['/webhooks/showpad?from=eu']);
  });

  test('takes a receiver of the app', async () => {
    const receiver = createReceiver({ keys: KEY });
    const receive = createFetchHandler(receiver);
    expect(receive.receiver).toBe(receiver);
    expect((await receive(signedRequest())).status).toBe(200);
  });

  test('can be made where the key is not known, and answers 503 until it is', async () => {
    let key = '';
    const receive = createFetchHandler({ keys: () => key });
    expect((await receive(signedRequest())).status).toBe(503);
    key = KEY;
    expect((await receive(signedRequest())).status).toBe(200);
  });

  test('says so if the body was read before, and takes a clone', async () => {
    const errors: string[] = [];
    const receive = createFetchHandler({ keys: KEY });
    receive.receiver.onError(({ code, hint }) => errors.push(`${code}: ${hint}`));
    const read = signedRequest();
    const clone = read.clone();
    await read.json();
    expect((await receive(read)).status).toBe(503);
    expect(errors).toEqual([
      expect.stringMatching(/^RAW_BODY_UNAVAILABLE: In this app something calls request.json/),
    ]);
    expect((await receive(clone)).status).toBe(200);
  });

  test.each([
    ['content-length', '10'],
    ['transfer-encoding', 'chunked'],
  ])('answers 503 if the framework left the body out, as %s says', async (name, value) => {
    const { headers } = signedDelivery(TYPE, { key: KEY });
    const receive = createFetchHandler({ keys: KEY });
    const errors: string[] = [];
    receive.receiver.onError(({ message }) => errors.push(message));
    const request = new Request(URL_OF_APP, { method: 'POST', headers: { ...headers, [name]: value } });
    expect(await codeOf(await receive(request))).toBe('RAW_BODY_UNAVAILABLE');
    expect(errors).toEqual(['A body was sent, but the framework left it out.']);
  });

  test('answers 503 if the sender goes away', async () => {
    const pull: Sent['pull'] = (controller) => controller.error(new Error('gone'));
    const answer = await createFetchHandler({ keys: KEY })(requestOf({ pull }));
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'RAW_BODY_UNAVAILABLE']);
  });

  test('answers 503 if the sender goes away, and the stream says nothing', async () => {
    const sender = new AbortController();
    const request = new Request(requestOf({ pull: () => sender.abort() }), { signal: sender.signal });
    const answer = await createFetchHandler({ keys: KEY })(request);
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'RAW_BODY_UNAVAILABLE']);
  });

  test('takes a body of many small pieces', async () => {
    const { headers, body } = signedDelivery(TYPE, { key: KEY });
    let index = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (index === body.byteLength) controller.close();
        else controller.enqueue(body.subarray(index, ++index));
      },
    });
    const request = new Request(URL_OF_APP, {
      method: 'POST',
      headers,
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect((await createFetchHandler({ keys: KEY })(request)).status).toBe(200);
  });
});

describe('an upload that is refused, or too slow', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  /** Until the response is out, some servers would close the connection. */
  function expectCancelledLater(cancel: Mock): void {
    expect(cancel).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(cancel).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  }

  test('is not read if it is refused by its head', async () => {
    const [pull, cancel] = [vi.fn(), vi.fn()];
    const request = requestOf({ pull, cancel });
    request.headers.set('content-encoding', 'gzip');
    const answer = await createFetchHandler({ keys: KEY })(request);
    expect(answer.status).toBe(415);
    expect(answer.headers.has('connection')).toBe(false);
    expectCancelledLater(cancel);
  });

  test('is cut off at the limit', async () => {
    const cancel = vi.fn();
    let pieces = 0;
    const pull: Sent['pull'] = (controller) => {
      pieces++;
      controller.enqueue(new Uint8Array(1_000));
    };
    const answer = await createFetchHandler({ keys: KEY, maxBodyBytes: 10_000 })(requestOf({ pull, cancel }));
    expect(answer.status).toBe(413);
    expectCancelledLater(cancel);
    expect(pieces).toBeLessThan(50);
  });

  test('is answered with 503 as soon as all bodies together need too much room', async () => {
    const cancel = vi.fn();
    const pull: Sent['pull'] = (controller) => controller.enqueue(new Uint8Array(1_000));
    const receive = createFetchHandler({ keys: KEY, maxBytesInFlight: 5_000 });
    const answer = await receive(requestOf({ pull, cancel }));
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'OVERLOADED']);
    expectCancelledLater(cancel);
  });

  test('is answered with 503 after 10 s, and then cancelled', async () => {
    const cancel = vi.fn();
    const answer = createFetchHandler({ keys: KEY })(requestOf({ pull: () => {}, cancel }));
    await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await codeOf(await answer)).toBe('BODY_TIMEOUT');
    expectCancelledLater(cancel);
  });
});
