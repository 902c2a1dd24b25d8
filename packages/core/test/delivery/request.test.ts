import { createReceiver, PermanentError, type WebhookRequest } from '@showpad-webhooks/core';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import {
  delivery,
  KEY,
  memoryLogger,
  NOW_MS,
  type ProbeOptions,
  probe,
  probeWithLetters,
  TYPE,
} from '../support.ts';

/** The response to a good delivery that was changed. */
async function answerTo(change: Partial<WebhookRequest>, options: ProbeOptions = {}): Promise<string> {
  const { receiver } = probe(options);
  const { response, error, outcome } = await receiver.receive({ ...delivery(), ...change });
  return `${response.status} ${error?.code ?? outcome}`;
}

describe('the method', () => {
  test.each(['GET', 'PUT', 'post', '', 'HEAD'])('%j is not allowed', async (method) => {
    expect(await answerTo({ method })).toBe('405 METHOD_NOT_ALLOWED');
  });

  test('may be GET if the option says so, and then POST only if the option says so too', async () => {
    const { headers } = signedDelivery({ body: '' }, { key: KEY });
    const get = { method: 'GET', headers, body: new Uint8Array(), url: `/hook?type=${TYPE}` };
    expect(await answerTo(get, { methods: ['GET'] })).toBe('200 ignored');
    expect(await answerTo({}, { methods: ['GET'] })).toBe('405 METHOD_NOT_ALLOWED');
    expect(await answerTo({}, { methods: ['GET', 'POST'] })).toBe('200 ignored');
  });
});

describe('a GET without a body', () => {
  const { headers } = signedDelivery({ body: '' }, { key: KEY });
  const get = (url?: string) => ({
    method: 'GET',
    headers,
    body: new Uint8Array(),
    ...(url !== undefined && { url }),
  });

  test('is an event of the type in the query, and each has its own id', async () => {
    const { receiver } = probe({ methods: ['GET'] });
    const ids = new Set<string>();
    receiver.onAny((event) => void ids.add(`${event.type} ${event.id}`));
    for (let count = 0; count < 2; count++) await receiver.receive(get('/hook?a=b&type=asset%20viewed'));
    expect([...ids]).toEqual([
      expect.stringMatching(/^asset viewed [\da-f-]{36}$/),
      expect.stringMatching(/^asset viewed /),
    ]);
  });

  test.each([undefined, '/hook', '/hook?', '/hook?type=', '/hook?kind=x'])(
    'is not an event at %s, and becomes a dead letter',
    async (url) => {
      const { receiver, letters } = probeWithLetters({ methods: ['GET'] });
      expect((await receiver.receive(get(url))).error?.code).toBe('EVENT_INVALID');
      expect(letters.map(({ reason }) => reason)).toEqual(['invalid']);
    },
  );

  test('with a body is read like any other delivery', async () => {
    expect(await answerTo({ method: 'GET' }, { methods: ['GET'] })).toBe('200 ignored');
  });
});

describe('no headers at all', () => {
  test.each([null, undefined])('as %j, are no signature', async (headers) => {
    expect(await answerTo({ headers } as never)).toBe('401 SIGNATURE_MISSING');
  });
});

describe('the declared length', () => {
  test.each([
    ['1048576', '200 ignored'],
    ['41943040', '200 ignored'],
    ['41943041', '413 BODY_TOO_LARGE'],
    ['1e9', '413 BODY_TOO_LARGE'],
    ['Infinity', '413 BODY_TOO_LARGE'],
    ['nonsense', '200 ignored'],
  ])('%s is answered with %s', async (length, answer) => {
    expect(await answerTo({ headers: { ...delivery().headers, 'Content-Length': length } })).toBe(answer);
  });
});

describe('the Content-Encoding', () => {
  test.each(['', 'identity', ' Identity '])('%j is the same as no encoding', async (encoding) => {
    expect(await answerTo({ headers: { ...delivery().headers, 'content-encoding': encoding } })).toBe(
      '200 ignored',
    );
  });

  test.each(['gzip', 'br', 'identity, gzip', 'x'.repeat(10_000)])('%s is rejected', async (encoding) => {
    expect(await answerTo({ headers: { ...delivery().headers, 'content-encoding': encoding } })).toBe(
      '415 ENCODING_UNSUPPORTED',
    );
  });
});

describe('the body', () => {
  test('is not read if the headers are reason enough to reject the delivery', async () => {
    const body = vi.fn(async () => delivery().body);
    const { headers } = delivery();
    expect(await answerTo({ body, method: 'PUT' })).toMatch(/^405/);
    expect(await answerTo({ body, headers: { ...headers, 'content-length': '99999999' } })).toMatch(/^413/);
    expect(await answerTo({ body, headers: { ...headers, 'content-encoding': 'gzip' } })).toMatch(/^415/);
    expect(await answerTo({ body, headers: { ...headers, 'x-showpad-signature-v1': '' } })).toMatch(/^401/);
    expect(await answerTo({ body, headers: { ...headers, 'x-showpad-signature-timestamp': '1' } })).toMatch(
      /^401/,
    );
    expect(body).not.toHaveBeenCalled();
    expect(await answerTo({ body })).toBe('200 ignored');
    expect(body.mock.calls).toEqual([[40 * 1024 * 1024, expect.any(Function)]]);
  });

  test.each<[string, () => unknown, string]>([
    [
      'rejects with an error of its own',
      () => Promise.reject(new Error('broken')),
      '503 RAW_BODY_UNAVAILABLE',
    ],
    ['resolves to text', async () => 'text', '503 RAW_BODY_UNAVAILABLE'],
    ['resolves to nothing', async () => undefined, '503 RAW_BODY_UNAVAILABLE'],
    ['resolves to more than four times the limit', async () => Buffer.alloc(401), '413 BODY_TOO_LARGE'],
    ['resolves to just four times the limit', async () => Buffer.alloc(400), '401 SIGNATURE_MISMATCH'],
  ])('that %s', async (_name, body, answer) => {
    expect(await answerTo({ body: body as () => Promise<Uint8Array> }, { maxBodyBytes: 100 })).toBe(answer);
  });

  test('may be over the limit in bytes too', async () => {
    expect(await answerTo({ body: Buffer.alloc(41) }, { maxBodyBytes: 10 })).toBe('413 BODY_TOO_LARGE');
  });
});

test.each([undefined, null, {}, 42])(
  'a request of %j, which is a bug of an adapter, is answered with an error and does not reject',
  async (request) => {
    const receiver = createReceiver({ keys: KEY });
    const { response } = await receiver.receive(request as unknown as WebhookRequest);
    expect([405, 500]).toContain(response.status);
  },
);

describe('an error says what is wrong and how to fix it', () => {
  const BYTES = delivery().body.byteLength;
  const CHANGED: [string, Partial<WebhookRequest>, ProbeOptions, message: string, hint: string][] = [
    [
      'METHOD_NOT_ALLOWED',
      { method: 'PUT' },
      { methods: ['POST', 'GET'] },
      'The delivery uses the method "PUT".',
      'Create the subscription with POST or GET, or set the option "methods".',
    ],
    [
      'ENCODING_UNSUPPORTED',
      { headers: { 'content-encoding': ' GZIP' } },
      {},
      'The body has the Content-Encoding "gzip".',
      'Signed bytes are never decompressed. Does a proxy compress requests?',
    ],
    [
      'BODY_TOO_LARGE',
      {},
      { maxBodyBytes: 20 },
      'The body is larger than 80 bytes.',
      'So it was not verified, and Showpad never retries a 413. If you expect such events, raise "maxBodyBytes".',
    ],
    [
      'EVENT_TOO_LARGE',
      {},
      { maxBodyBytes: BYTES - 1 },
      `An authentic event has ${BYTES} bytes, and "maxBodyBytes" is ${BYTES - 1}.`,
      'Raise "maxBodyBytes", and the next retry is accepted. An inbox keeps the event as dead, so that you can retry it.',
    ],
    [
      'OVERLOADED',
      {},
      { maxBytesInFlight: 1 },
      'The bodies of all deliveries together would take more than 1 bytes.',
      'Showpad will retry. If your events are really that large, raise "maxBytesInFlight". Otherwise somebody floods the ' +
        'endpoint: limit requests in front of it.',
    ],
    [
      'RAW_BODY_UNAVAILABLE',
      { body: () => Promise.reject(new Error('broken')) },
      {},
      'The body could not be read.',
      'The sender closed the connection, or the stream failed: see error.cause.',
    ],
    [
      'RAW_BODY_UNAVAILABLE',
      { body: {} as never },
      {},
      'The body is of type object, and not the bytes that were sent.',
      'Pass the Buffer with the request body as it arrived, before any parser.',
    ],
    [
      'HANDLER_FAILED',
      { headers: { get: () => Symbol('a bug of an adapter') } as never },
      {},
      'The delivery could not be received.',
      'This is a bug in @showpad-webhooks/core. Please report it, together with error.cause.',
    ],
  ];

  test.each(CHANGED)('%s: %j', async (code, change, options, message, hint) => {
    const { error } = await probe(options).receiver.receive({ ...delivery(), ...change });
    expect({ ...error, message: error?.message }).toMatchObject({ code, message, hint });
  });
});

describe('text of a sender is quoted', () => {
  const messageFor = async (change: Partial<WebhookRequest>) =>
    (await probe().receiver.receive({ ...delivery(), ...change })).error?.message;

  test('up to 32 characters', async () => {
    const [whole, long] = ['x'.repeat(32), 'x'.repeat(33)];
    expect(await messageFor({ method: whole })).toBe(`The delivery uses the method "${whole}".`);
    expect(await messageFor({ method: long })).toBe(`The delivery uses the method "${whole}…".`);
    expect(await messageFor({ headers: { 'content-encoding': long } })).toBe(
      `The body has the Content-Encoding "${whole}…".`,
    );
  });

  test.each([
    ['\u001b[31m', '\\u001b[31m'],
    ['a\nb"c', 'a\\nb\\"c'],
    ['\u007f\u0080\u009b31m\u009f', '\\u007f\\u0080\\u009b31m\\u009f'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['a\u202atxt\u202e.exe', 'a\\u202atxt\\u202e.exe'],
    ['\u2066\u2069', '\\u2066\\u2069'],
    ['\u00a0é', '\u00a0é'],
    ['\ud800', '\\ud800'],
  ])('with its control characters escaped: %j', async (method, quoted) => {
    expect(await messageFor({ method })).toBe(`The delivery uses the method "${quoted}".`);
  });

  test.each([[undefined], [null], [{}], [Symbol('put')]])('whatever it is: %s', async (method) => {
    expect(await messageFor({ method: method as never })).toBe(
      `The delivery uses the method "${String(method)}".`,
    );
  });
});

describe('receivedAtMs', () => {
  const MINUTE_MS = 60_000;
  const queued = delivery('event-1', { timestampSeconds: NOW_MS / 1000 });
  /** The delivery arrived at `NOW_MS` and is received an hour later. */
  const later = { clock: () => NOW_MS + 60 * MINUTE_MS };

  test('is the time by which the age of a delivery is judged', async () => {
    const { receiver } = probe(later);
    const codeAt = async (receivedAtMs?: number) =>
      (await receiver.receive({ ...queued, receivedAtMs })).error?.code;
    expect(await codeAt()).toBe('TIMESTAMP_TOO_OLD');
    expect(await codeAt(NOW_MS)).toBe(undefined);
    expect(await codeAt(NOW_MS + 5 * MINUTE_MS)).toBe(undefined);
    expect(await codeAt(NOW_MS + 5 * MINUTE_MS + 1_000)).toBe('TIMESTAMP_TOO_OLD');
    expect(await codeAt(NOW_MS - 5 * MINUTE_MS - 1_000)).toBe('CLOCK_SUSPECT');
    expect(await codeAt(0)).toBe('CLOCK_SUSPECT');
  });

  test('is what handlers and dead letters learn as receivedAt', async () => {
    const seen: Date[] = [];
    const { receiver, letters } = probeWithLetters({
      ...later,
      on: {
        [TYPE]: (_event, { receivedAt }) => {
          seen.push(receivedAt);
          throw new PermanentError('There is no such deal.');
        },
      },
    });
    await receiver.receive({ ...queued, receivedAtMs: NOW_MS + 1 });
    expect(seen).toEqual([new Date(NOW_MS + 1)]);
    expect(letters.map(({ receivedAt }) => receivedAt)).toEqual([new Date(NOW_MS + 1)]);
  });

  test('is what an inbox keeps', async () => {
    const inbox = createMemoryInbox();
    const { receiver } = probe({ ...later, inbox });
    await receiver.receive({ ...queued, receivedAtMs: NOW_MS + 2 });
    const { items } = await inbox.list({ state: 'pending' });
    expect(items).toMatchObject([{ receivedAtMs: NOW_MS + 2 }]);
  });

  test('counts for the duration in the log too', async () => {
    const { logger, lines } = memoryLogger();
    await probe({ ...later, logger, on: { [TYPE]: () => {} } }).receiver.receive({
      ...queued,
      receivedAtMs: NOW_MS,
    });
    expect(lines).toMatchObject([{ outcome: 'handled', durationMs: 60 * MINUTE_MS }]);
  });
});
