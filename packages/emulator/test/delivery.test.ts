import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReceiver, verifySignature } from '@showpad-webhooks/core';
import { readBody, writeResponse } from '@showpad-webhooks/core/node';
import { sampleEvent } from '@showpad-webhooks/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KEY, openEmulator, subscribe, TYPE } from './open-emulator.ts';
import { openReceiver, type Received } from './open-receiver.ts';

const timestampOf = ({ headers }: Received): number => Number(headers['x-showpad-signature-timestamp']);

/** The label of the key that signed a delivery, at the time that the delivery claims. */
function signerOf(delivery: Received, keys = [{ label: 'ours', key: KEY }]): string | undefined {
  return verifySignature({ ...delivery, keys, nowMs: timestampOf(delivery) * 1_000 }).keyLabel;
}

describe('a delivery', () => {
  it('is the sample with a new id and time, signed over its exact bytes', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url);
    const [notification] = await emulator.trigger(TYPE);
    const attempt = await emulator.waitForDelivery();

    const [delivery] = received as [Received];
    const event = JSON.parse(delivery.body.toString());
    const sample = sampleEvent(TYPE);
    expect(event).toEqual({ ...sample, id: notification?.eventId, time: event.time });
    expect(event.id).not.toBe(sample.id);
    expect(signerOf(delivery)).toBe('ours');
    expect(delivery.method).toBe('POST');
    expect(delivery.headers['content-type']).toBe('application/json');
    expect(attempt).toMatchObject({ state: 'succeeded', number: 1, eventId: event.id, error: null });
    expect(attempt.request?.headers).toEqual(delivery.headers);
    expect(attempt.request?.body).toBe(delivery.body.toString());
    expect(attempt.response).toMatchObject({ status: 200, body: '' });
  });

  it('has the overrides', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url);
    await emulator.trigger(TYPE, { id: 'mine', data: { any: 1 } });
    await emulator.waitForDelivery({ eventId: 'mine' });
    expect(JSON.parse(`${received[0]?.body}`)).toMatchObject({ type: TYPE, id: 'mine', data: { any: 1 } });
  });

  it('has exactly the bytes that were given', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url);
    const body = Buffer.from([0xff, 0x00, 0x7b, 0x0d, 0x0a]);
    await emulator.trigger(TYPE, {}, { body });
    await emulator.waitForDelivery();
    expect(received[0]?.body).toEqual(body);
    expect(signerOf(received[0] as Received)).toBe('ours');
  });

  it('goes to every subscription to its type, with the same id and a key for each', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    const one = await subscribe(emulator, `${url}/one`, { signatureKey: undefined });
    const two = await subscribe(emulator, `${url}/two`, { signatureKey: undefined });
    await subscribe(emulator, `${url}/other`, { types: ['COURSE_COMPLETED'] });
    await emulator.trigger(TYPE);
    await emulator.advanceTime(0);

    const keys = [
      { label: '/webhooks/showpad/one', key: one.signatureKey },
      { label: '/webhooks/showpad/two', key: two.signatureKey },
    ];
    expect(received.map((delivery) => signerOf(delivery, keys)).sort()).toEqual(
      keys.map(({ label }) => label),
    );
    expect(received.map((delivery) => signerOf(delivery, keys))).toEqual(received.map(({ url }) => url));
    expect(new Set(received.map(({ body }) => JSON.parse(`${body}`).id)).size).toBe(1);
  });

  it('to localhost arrives', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    const named = url.replace('127.0.0.1', 'localhost');
    await subscribe(emulator, named);
    await emulator.trigger(TYPE);
    expect((await emulator.waitForDelivery()).error).toBeNull();
    expect(received[0]?.headers.host).toBe(new URL(named).host);
  });

  it('has the headers of the subscription', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url, { headers: [{ name: 'X-Tenant', value: 'a b' }] });
    await emulator.trigger(TYPE);
    await emulator.waitForDelivery();
    expect(received[0]?.headers['x-tenant']).toBe('a b');
  });

  it('by GET has no body, and only the timestamp is signed', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url, { method: 'GET' });
    await emulator.trigger(TYPE);
    const attempt = await emulator.waitForDelivery();
    expect(received[0]).toMatchObject({ method: 'GET', url: '/webhooks/showpad', body: Buffer.alloc(0) });
    expect(signerOf(received[0] as Received)).toBe('ours');
    expect(attempt.signature?.signedBytesPreview).toBe(`.${attempt.signature?.timestamp}`);
  });

  it('follows no redirect', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver((res) =>
      res.writeHead(307, { location: '/elsewhere' }).end(),
    );
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    expect(await emulator.waitForDelivery()).toMatchObject({ state: 'failed', response: { status: 307 } });
    await emulator.advanceTime(60_000);
    expect(received).toHaveLength(1);
  });

  it('is aborted after the timeout, and retried', async () => {
    const emulator = await openEmulator({ assumptions: { timeoutMs: 20 } });
    // On a busy machine the first attempt may time out before the endpoint has seen it, so this does not count requests.
    let isHanging = true;
    const { url } = await openReceiver((res) => {
      if (!isHanging) res.end();
    });
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    const attempt = await emulator.waitForDelivery();
    expect(attempt).toMatchObject({ state: 'will-retry', response: null, error: { code: 'TIMEOUT' } });
    isHanging = false;
    await emulator.assumptions.set({ timeoutMs: 15_000 });
    await emulator.advanceTime(3_000);
    expect((await emulator.attempts()).map(({ number, state }) => [number, state])).toEqual([
      [1, 'will-retry'],
      [2, 'succeeded'],
    ]);
  });

  it('is retried after the given delays, and then no more', async () => {
    const emulator = await openEmulator({ retryDelaysMs: [100] });
    const { url, received } = await openReceiver(503);
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    const { nextAttemptAt } = await emulator.waitForDelivery();
    expect(nextAttemptAt).toBe(emulator.now() + 100);
    await emulator.advanceTime(60_000);
    expect((await emulator.attempts()).map(({ state }) => state)).toEqual(['will-retry', 'gave-up']);
    expect(received).toHaveLength(2);
  });

  it('is not retried if there are no delays', async () => {
    const emulator = await openEmulator({ retryDelaysMs: [] });
    await subscribe(emulator, (await openReceiver(503)).url);
    await emulator.trigger(TYPE);
    expect(await emulator.waitForDelivery()).toMatchObject({ state: 'gave-up', nextAttemptAt: null });
  });

  it('is retried sooner if the clock runs faster, and signed with the time of that clock', async () => {
    const emulator = await openEmulator({ clock: 'real', timeScale: 10_000 });
    const { url, received } = await openReceiver(503);
    await subscribe(emulator, url);
    const startedAt = emulator.now();
    await emulator.trigger(TYPE);
    const last = await emulator.waitForDelivery({ number: 4 });
    expect(last.state).toBe('gave-up');
    expect(last.startedAt).toBeGreaterThanOrEqual(startedAt + 14_250);
    const signedAt = Number(received[3]?.headers['x-showpad-signature-timestamp']);
    expect(signedAt).toBe(Math.floor((last.startedAt ?? 0) / 1000));
  });

  it('to a port where nobody listens is retried', async () => {
    const emulator = await openEmulator();
    await subscribe(emulator, 'http://127.0.0.1:1/');
    await emulator.trigger(TYPE);
    const attempt = await emulator.waitForDelivery();
    expect(attempt).toMatchObject({ state: 'will-retry', response: null, error: { code: 'ECONNREFUSED' } });
  });

  it('ends at once if the endpoint switches protocols, and is retried', async () => {
    const emulator = await openEmulator();
    const { url } = await openReceiver((res) => {
      res.socket?.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: any\r\n\r\n');
    });
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    const attempt = await emulator.waitForDelivery();
    expect(attempt).toMatchObject({ state: 'will-retry', response: null, error: { code: 'UPGRADE' } });
  });

  it('that Node refuses to write ends the attempt, not the process', async () => {
    const emulator = await openEmulator();
    const { url } = await openReceiver(200);
    await subscribe(emulator, url, { headers: [{ name: 'Trailer', value: 'any' }] });
    await emulator.trigger(TYPE);
    const attempt = await emulator.waitForDelivery();
    expect(attempt).toMatchObject({ response: null, error: { code: 'ERR_HTTP_TRAILER_INVALID' } });
  });

  it('is stored only up to the limit, and then can’t be replayed without a body', async () => {
    const emulator = await openEmulator({ maxStoredBodyBytes: 10 });
    const { url, received } = await openReceiver((res) => res.end('x'.repeat(100_000)), 200);
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    const attempt = await emulator.waitForDelivery();
    expect(attempt.request).toMatchObject({ isTruncated: true, body: '{"type":"s' });
    expect(attempt.request?.bodyBytes).toBe(received[0]?.body.byteLength);
    expect(attempt.response).toMatchObject({ status: 200, isTruncated: true, body: 'xxxxxxxxxx' });
    await expect(emulator.replay(attempt.id)).rejects.toThrow(/first 10 bytes .* Pass body/);
    await emulator.replay(attempt.id, { body: 'short' });
    expect((await emulator.waitForDelivery()).request?.body).toBe('short');
  });
});

describe('the rule of 2xx, 4xx and 5xx', () => {
  it.each([
    [200, 'succeeded', 1],
    [204, 'succeeded', 1],
    [400, 'failed', 1],
    [408, 'failed', 1],
    [429, 'failed', 1],
    [500, 'gave-up', 4],
    [503, 'gave-up', 4],
  ])('%i: %s after %i', async (status, state, count) => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(status);
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    await emulator.advanceTime(600_000);
    expect(received).toHaveLength(count);
    const attempts = await emulator.attempts();
    expect(attempts.at(-1)).toMatchObject({ state, number: count, nextAttemptAt: null });
    expect(attempts.slice(0, -1).every((attempt) => attempt.state === 'will-retry')).toBe(true);
    expect(await emulator.subscriptions.list()).toMatchObject([{ requestCount: count, lastStatus: status }]);
  });

  it.each([
    ['offset', [0, 3_000, 7_500, 14_250]],
    ['interval', [0, 3_000, 10_500, 24_750]],
  ] as const)('retries at the documented delays, as %s', async (retryDelays, expected) => {
    const emulator = await openEmulator({ assumptions: { retryDelays } });
    const { url } = await openReceiver(500);
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    await emulator.advanceTime(600_000);
    const starts = (await emulator.attempts()).map(({ startedAt }) => startedAt ?? 0);
    expect(starts.map((at) => at - (starts[0] ?? 0))).toEqual(expected);
  });

  it('signs each retry again, over the same bytes', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(500);
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    await emulator.advanceTime(15_000);
    expect(received.map((delivery) => signerOf(delivery))).toEqual(Array(4).fill('ours'));
    expect(new Set(received.map(timestampOf)).size).toBe(4);
    expect(new Set(received.map(({ body }) => body.toString())).size).toBe(1);
  });

  it('forgets a subscription that is deleted during a delivery', async () => {
    const emulator = await openEmulator();
    const answers: (() => void)[] = [];
    const { url } = await openReceiver((res) => answers.push(() => res.end()));
    const { id } = await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    await expect.poll(() => answers).toHaveLength(1);
    await emulator.subscriptions.delete(id);
    answers[0]?.();
    await emulator.advanceTime(0);
    expect(await emulator.attempts()).toEqual([]);
    await expect(emulator.waitForDelivery({}, { timeoutMs: 1 })).rejects.toThrow('The last ones were: none.');
  });

  it('is waited for without an end, if that is wanted', async () => {
    const emulator = await openEmulator();
    const waiting = emulator.waitForDelivery({}, { timeoutMs: Number.POSITIVE_INFINITY });
    await subscribe(emulator, (await openReceiver(204)).url);
    await emulator.trigger(TYPE);
    expect((await waiting).state).toBe('succeeded');
  });

  it('ends with the subscription', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(500);
    const { id } = await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    await emulator.waitForDelivery();
    await emulator.subscriptions.delete(id);
    await emulator.advanceTime(15_000);
    expect(received).toHaveLength(1);
    expect(await emulator.attempts()).toEqual([]);
  });

  it.each([
    ['status408', 408],
    ['status429', 429],
    ['status3xx', 302],
  ] as const)('is another if %s is assumed to be retried', async (assumption, status) => {
    const emulator = await openEmulator({ assumptions: { [assumption]: 'retry' } });
    const { url, received } = await openReceiver(status);
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    await emulator.advanceTime(15_000);
    expect(received).toHaveLength(4);
  });

  it('follows the other assumptions too', async () => {
    const emulator = await openEmulator();
    await emulator.assumptions.set({
      retrySignature: 'once',
      retryId: 'new',
      eventId: 'per-subscription',
      getDelivery: 'type-in-query',
      contentType: 'text/plain',
      userAgent: 'Someone/1',
    });
    const { url, received } = await openReceiver(500, 200);
    await subscribe(emulator, url);
    await emulator.trigger(TYPE, { id: 'first' });
    await emulator.advanceTime(3_000);
    const ids = received.map(({ body }) => JSON.parse(`${body}`).id);
    expect(new Set(['first', ...ids]).size).toBe(3);
    expect(new Set(received.map(timestampOf)).size).toBe(1);
    expect(received[0]?.headers).toMatchObject({ 'content-type': 'text/plain', 'user-agent': 'Someone/1' });
    await subscribe(emulator, url, { method: 'GET', types: ['a b'] });
    await emulator.trigger('a b');
    await emulator.advanceTime(0);
    expect(received.at(-1)?.url).toBe('/webhooks/showpad?type=a+b');
  });

  it('sends the payload in the body of a GET, if that is assumed', async () => {
    const emulator = await openEmulator({ assumptions: { getDelivery: 'body' } });
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url, { method: 'GET' });
    await emulator.trigger(TYPE, { id: 'by-get' });
    await emulator.advanceTime(0);
    const [request] = received;
    expect(request).toMatchObject({ method: 'GET', url: '/webhooks/showpad' });
    expect(JSON.parse(`${request?.body}`)).toMatchObject({ type: TYPE, id: 'by-get' });
  });

  it('sends events that are old, with a timestamp that is not', async () => {
    const emulator = await openEmulator({ assumptions: { eventAgeMs: 604_800_000 } });
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    await emulator.advanceTime(0);
    const [request] = received;
    const { time } = JSON.parse(`${request?.body}`);
    expect(Date.parse(time)).toBe(emulator.now() - 604_800_000);
    expect(Number(request && timestampOf(request))).toBe(Math.floor(emulator.now() / 1_000));
  });

  it('sends a batch of 1,000 items, whose type is an assumption too', async () => {
    const emulator = await openEmulator({ assumptions: { contentAddedItems: 1_000 } });
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url, { types: ['shared-space-content-added-v2', 'CONTENT_ADDED'] });
    await emulator.trigger('shared-space-content-added-v2');
    await emulator.assumptions.set({ contentAddedType: 'CONTENT_ADDED' });
    await emulator.trigger('CONTENT_ADDED');
    await emulator.advanceTime(0);
    for (const { body } of received) {
      const { data } = JSON.parse(`${body}`);
      expect(data.items).toHaveLength(1_000);
      expect(data.initiator.type).toBe('PARTICIPANT');
    }
    expect(received).toHaveLength(2);
  });
});

describe('end to end', () => {
  it('503, 503, 200: a receiver handles the event once', async () => {
    const emulator = await openEmulator();
    const handled: string[] = [];
    const receiver = createReceiver({
      keys: KEY,
      on: { [TYPE]: (event) => void handled.push(event.data.invitee.email) },
    });
    let unavailable = 2;
    const server = createServer(async (req, res) => {
      if (unavailable-- > 0) return res.writeHead(503).end();
      const body = (limitBytes: number) => readBody(req, limitBytes);
      const { response } = await receiver.receive({ method: 'POST', headers: req.headers, body });
      return writeResponse(res, response);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    await subscribe(emulator, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

    await emulator.trigger(TYPE);
    await emulator.advanceTime(15_000);

    const attempts = await emulator.attempts();
    expect(attempts.map(({ response }) => response?.status)).toEqual([503, 503, 200]);
    expect(handled).toEqual(['kent.cook@showpad.com']);
    await emulator.replay(attempts[2]?.id ?? '');
    await emulator.advanceTime(0);
    expect((await emulator.attempts()).at(-1)?.response?.body).toBe('{"outcome":"duplicate"}');
    expect(handled).toHaveLength(1);
  });
});
