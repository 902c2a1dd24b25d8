import { createReceiver, type WebhookRequest } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { delivery, KEY, probe, probeWithLetters, TYPE } from './support.ts';

/** The answer to a good delivery that was changed. */
async function answerTo(change: Partial<WebhookRequest>, options = {}): Promise<string> {
  const { receiver } = probe(options);
  const { response, error, outcome } = await receiver.receive({ ...delivery(), ...change });
  return `${response.status} ${error?.code ?? outcome}`;
}

describe('the method', () => {
  test.each(['GET', 'PUT', 'post', '', 'HEAD'])('%j is not allowed', async (method) => {
    expect(await answerTo({ method })).toBe('405 METHOD_NOT_ALLOWED');
  });

  test('may be GET where the option says so, and POST then only where it says so too', async () => {
    const { headers } = signedDelivery(new Uint8Array(), { key: KEY });
    const get = { method: 'GET', headers, body: new Uint8Array(), url: `/hook?type=${TYPE}` };
    expect(await answerTo(get, { methods: ['GET'] })).toBe('200 ignored');
    expect(await answerTo({}, { methods: ['GET'] })).toBe('405 METHOD_NOT_ALLOWED');
    expect(await answerTo({}, { methods: ['GET', 'POST'] })).toBe('200 ignored');
  });
});

describe('a GET without a body', () => {
  const { headers } = signedDelivery(new Uint8Array(), { key: KEY });
  const get = (url?: string) => ({
    method: 'GET',
    headers,
    body: new Uint8Array(),
    ...(url !== undefined && { url }),
  });

  test('is an event of the type that the query names, each of its own id', async () => {
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
    'is no event at %s, and becomes a dead letter',
    async (url) => {
      const { receiver, letters } = probeWithLetters({ methods: ['GET'] });
      expect((await receiver.receive(get(url))).error?.code).toBe('EVENT_INVALID');
      expect(letters.map(({ reason }) => reason)).toEqual(['invalid']);
    },
  );

  test('with a body is read like any other', async () => {
    expect(await answerTo({ method: 'GET' }, { methods: ['GET'] })).toBe('200 ignored');
  });
});

describe('the declared length', () => {
  test.each([
    ['1048576', '200 ignored'],
    ['1048577', '413 BODY_TOO_LARGE'],
    ['1e9', '413 BODY_TOO_LARGE'],
    ['Infinity', '413 BODY_TOO_LARGE'],
    ['nonsense', '200 ignored'],
  ])('%s is answered %s', async (length, answer) => {
    expect(await answerTo({ headers: { ...delivery().headers, 'Content-Length': length } })).toBe(answer);
  });
});

describe('the Content-Encoding', () => {
  test.each(['', 'identity', ' Identity '])('%j is none', async (encoding) => {
    expect(await answerTo({ headers: { ...delivery().headers, 'content-encoding': encoding } })).toBe(
      '200 ignored',
    );
  });

  test.each(['gzip', 'br', 'identity, gzip', 'x'.repeat(10_000)])('%s is refused', async (encoding) => {
    expect(await answerTo({ headers: { ...delivery().headers, 'content-encoding': encoding } })).toBe(
      '415 ENCODING_UNSUPPORTED',
    );
  });

  test('is quoted in the message, cut short and with its control characters escaped', async () => {
    const { receiver, rejected } = probe();
    await receiver.receive({ ...delivery(), headers: { 'content-encoding': `\u001b[31m${'x'.repeat(99)}` } });
    expect(rejected[0]?.message).toBe(`a body with Content-Encoding "\\u001b[31m${'x'.repeat(27)}"`);
  });
});

describe('the body', () => {
  test('is not read where the headers already condemn it', async () => {
    const body = vi.fn(async () => delivery().body);
    const { headers } = delivery();
    expect(await answerTo({ body, method: 'PUT' })).toMatch(/^405/);
    expect(await answerTo({ body, headers: { ...headers, 'content-length': '9999999' } })).toMatch(/^413/);
    expect(await answerTo({ body, headers: { ...headers, 'content-encoding': 'gzip' } })).toMatch(/^415/);
    expect(await answerTo({ body, headers: { ...headers, 'x-showpad-signature-v1': '' } })).toMatch(/^401/);
    expect(await answerTo({ body, headers: { ...headers, 'x-showpad-signature-timestamp': '1' } })).toMatch(
      /^401/,
    );
    expect(body).not.toHaveBeenCalled();
    expect(await answerTo({ body })).toBe('200 ignored');
    expect(body.mock.calls).toEqual([[1024 * 1024]]);
  });

  test.each<[string, () => unknown, string]>([
    [
      'rejects with an error of its own',
      () => Promise.reject(new Error('broken')),
      '503 RAW_BODY_UNAVAILABLE',
    ],
    ['resolves to text', async () => 'text', '503 RAW_BODY_UNAVAILABLE'],
    ['resolves to nothing', async () => undefined, '503 RAW_BODY_UNAVAILABLE'],
    ['resolves to more than the limit', async () => Buffer.alloc(101), '413 BODY_TOO_LARGE'],
    ['resolves to just the limit', async () => Buffer.alloc(100), '401 SIGNATURE_MISMATCH'],
  ])('that %s', async (_name, body, answer) => {
    expect(await answerTo({ body: body as () => Promise<Uint8Array> }, { maxBodyBytes: 100 })).toBe(answer);
  });

  test('in bytes may be over the limit too', async () => {
    expect(await answerTo({}, { maxBodyBytes: 10 })).toBe('413 BODY_TOO_LARGE');
  });
});

test.each([undefined, null, {}, { method: 'POST' }, { method: 'POST', headers: null }, 42])(
  'a request of %j, a defect of an adapter, is answered 4xx or 5xx and never throws',
  async (request) => {
    const receiver = createReceiver({ keys: KEY });
    const { response } = await receiver.receive(request as unknown as WebhookRequest);
    expect([405, 500]).toContain(response.status);
  },
);
