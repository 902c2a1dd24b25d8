import { createHmac } from 'node:crypto';
import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER, type WebhookRequest } from '@showpad-webhooks/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CommonProbeOptions, delivery, KEY, probe } from '../support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

const EXPLAINED =
  'The signature is right for the given body without the line breaks at its end. Keep the bytes: a shell or an editor ' +
  'added or removed a line break at the end.';
const UNEXPLAINED =
  'The usual mistakes were tried, and none of them explains it. So the key belongs to another subscription or is ' +
  'incomplete, the body was changed in an unusual way, or it is a forgery.';
const GENERAL =
  'Each Showpad subscription has its own key: check that this is the whole key of the one that sends to this URL. A body that a parser or a proxy changed looks the same.';

/** A delivery whose body got a line feed at its end after it was signed. */
function respaced(request: WebhookRequest = delivery()): WebhookRequest {
  return { ...request, body: Buffer.concat([request.body as Uint8Array, Buffer.from('\n')]) };
}

/** A delivery of so many bytes, whose last byte is a line feed that was not signed. */
function large(lengthBytes: number): WebhookRequest {
  const { headers, method } = delivery();
  const body = Buffer.alloc(lengthBytes, 'x').fill('\n', lengthBytes - 1);
  const signature = sign(body.subarray(0, -1), KEY, Number(headers[TIMESTAMP_HEADER]));
  return { method, body, headers: { ...headers, [SIGNATURE_HEADER]: signature } };
}

async function hintOf(options: CommonProbeOptions, request = respaced()): Promise<string | undefined> {
  const { receiver, rejected } = probe(options);
  const { response, error } = await receiver.receive(request);
  expect(response).toMatchObject({
    status: 401,
    body: '{"outcome":"rejected","code":"SIGNATURE_MISMATCH"}',
  });
  expect(rejected).toEqual([error]);
  return error?.hint;
}

describe('the hint of a signature mismatch', () => {
  test('says which mistake it is with explainMismatches', async () => {
    expect(await hintOf({ explainMismatches: true })).toBe(EXPLAINED);
    expect(await hintOf({ explainMismatches: true, keys: () => [KEY] })).toBe(EXPLAINED);
  });

  test('says it of any of several signatures', async () => {
    const { headers, ...request } = respaced();
    const signatures = `${Buffer.alloc(32).toString('base64')}, ${Reflect.get(headers, SIGNATURE_HEADER)}`;
    const several = { ...request, headers: { ...headers, [SIGNATURE_HEADER]: signatures } };
    expect(await hintOf({ explainMismatches: true }, several)).toBe(EXPLAINED);
  });

  test('says that it is none of the usual mistakes', async () => {
    const forged = delivery('event-1', { key: 'a-forged-key' });
    expect(await hintOf({ explainMismatches: true }, forged)).toBe(UNEXPLAINED);
  });

  test('names every mistake of several', async () => {
    const { headers, ...request } = delivery();
    const signature = String(headers[SIGNATURE_HEADER]);
    const hex = { ...headers, [SIGNATURE_HEADER]: Buffer.from(signature, 'base64').toString('hex') };
    const padded = { ...headers, [SIGNATURE_HEADER]: signature.slice(0, -1) };
    // Signatures in another form are malformed, which needs no explanation.
    const { receiver } = probe({ explainMismatches: true });
    for (const changed of [hex, padded]) {
      const { error } = await receiver.receive({ ...request, headers: changed });
      expect(error?.code).toBe('SIGNATURE_MALFORMED');
    }
    const body = Buffer.from('{}');
    const both = createHmac('sha256', `${KEY}\n`).update('{}\n').update(`.${headers[TIMESTAMP_HEADER]}`);
    const mistaken = { ...headers, [SIGNATURE_HEADER]: both.digest('base64') };
    expect(await hintOf({ explainMismatches: true }, { ...request, body, headers: mistaken })).toBe(
      'The signature is right for the given key with a line feed at its end. Trim the key when you read it: a file or ' +
        'a variable ends with a line break. The signature is right for the given body with a line feed at its end. Keep ' +
        'the bytes: a shell or an editor added or removed a line break at the end.',
    );
  });

  test.each([
    ['production', undefined, GENERAL],
    ['test', undefined, GENERAL],
    ['', undefined, GENERAL],
    ['development', undefined, EXPLAINED],
    ['development', false, GENERAL],
    ['production', true, EXPLAINED],
  ])('with NODE_ENV=%s and explainMismatches %s', async (environment, explainMismatches, hint) => {
    vi.stubEnv('NODE_ENV', environment);
    expect(await hintOf(explainMismatches === undefined ? {} : { explainMismatches })).toBe(hint);
  });

  test("uses the receiver's own clock and tolerance", async () => {
    const old = delivery('event-1', { timestampSeconds: Math.floor(Date.now() / 1000) - 7_200 });
    expect(await hintOf({ explainMismatches: true, toleranceSeconds: 10_000 }, respaced(old))).toBe(
      EXPLAINED,
    );
    const clock = () => Date.now() - 7_200_000;
    expect(await hintOf({ explainMismatches: true, clock }, respaced(old))).toBe(EXPLAINED);
  });

  test('never contains a key', async () => {
    const { headers, ...request } = delivery();
    const hmac = createHmac('sha256', `${KEY}\n`).update('{}').update(`.${headers[TIMESTAMP_HEADER]}`);
    const signed = { ...headers, [SIGNATURE_HEADER]: hmac.digest('base64') };
    const hint = await hintOf(
      { explainMismatches: true },
      { ...request, body: Buffer.from('{}'), headers: signed },
    );
    expect(hint).toContain('with a line feed at its end');
    expect(hint).not.toContain(KEY);
  });

  test('is the usual one if explaining fails', async () => {
    const { body, ...request } = respaced();
    let reads = 0;
    // Only explaining reads the memory under the bytes.
    const broken = Object.defineProperty(Buffer.from(body as Buffer), 'buffer', {
      get() {
        reads++;
        throw new Error('The bytes are gone.');
      },
    });
    expect(await hintOf({ explainMismatches: true }, { ...request, body: broken })).toBe(GENERAL);
    expect(reads).toBe(1);
  });
});

describe('a forger cannot make explanations expensive', () => {
  test('because bodies of more than 64 kB are not explained', async () => {
    expect(await hintOf({ explainMismatches: true }, large(65_536))).toBe(EXPLAINED);
    expect(await hintOf({ explainMismatches: true }, large(65_537))).toBe(GENERAL);
  });

  test('because a receiver explains at most one mismatch per second', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { receiver } = probe({ explainMismatches: true });
    const hint = async () => (await receiver.receive(respaced())).error?.hint;
    expect(await hint()).toBe(EXPLAINED);
    expect(await hint()).toBe(GENERAL);
    vi.advanceTimersByTime(999);
    expect(await hint()).toBe(GENERAL);
    vi.advanceTimersByTime(1);
    expect(await hint()).toBe(EXPLAINED);
    expect(await hint()).toBe(GENERAL);
    const other = probe({ explainMismatches: true });
    expect((await other.receiver.receive(respaced())).error?.hint).toBe(EXPLAINED);
  });

  test('and a body that is too large does not use up the one of this second', async () => {
    const { receiver } = probe({ explainMismatches: true });
    await receiver.receive(large(65_537));
    expect((await receiver.receive(respaced())).error?.hint).toBe(EXPLAINED);
  });
});
