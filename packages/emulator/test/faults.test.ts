import { verifySignature } from '@showpad-webhooks/core';
import type { Emulator, FaultRuleInput } from '@showpad-webhooks/emulator';
import { describe, expect, it } from 'vitest';
import { call } from './api-client.ts';
import { KEY, openEmulator, subscribe, TYPE } from './open-emulator.ts';
import { openReceiver, type Received } from './open-receiver.ts';

type Params = Readonly<Record<string, unknown>>;

const add = (emulator: Emulator, kind: string, params: Params = {}, rule: Partial<FaultRuleInput> = {}) =>
  emulator.faults.add({ api: 'delivery', ...rule, action: { kind, ...params } } as FaultRuleInput);

/** Sends one event under one fault to an endpoint that accepts it. There are no retries. */
async function underFault(kind: string, params: Params = {}) {
  const emulator = await openEmulator({ assumptions: { noAnswer: 'give-up' } });
  const receiver = await openReceiver(200);
  await subscribe(emulator, receiver.url);
  const rule = await add(emulator, kind, params);
  const [notification] = await emulator.trigger(TYPE);
  await emulator.advanceTime(0);
  const [attempt] = await emulator.attempts();
  return { emulator, receiver, attempt, notification, rule };
}

const codeOf = ({ headers, body }: Received, nowMs: number): string | undefined => {
  try {
    verifySignature({ headers, body, keys: KEY, nowMs });
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

const eventOf = ({ body }: Received) => JSON.parse(body.toString());

describe('a fault of a delivery', () => {
  it.each([
    ['wrong-key', {}, 'SIGNATURE_MISMATCH'],
    ['tampered-body', {}, 'SIGNATURE_MISMATCH'],
    ['several-signatures', {}, undefined],
    ['missing-header', {}, 'SIGNATURE_MISSING'],
    ['missing-header', { header: 'timestamp' }, 'TIMESTAMP_MISSING'],
    ['garbage-header', {}, 'SIGNATURE_MALFORMED'],
    ['garbage-header', { header: 'timestamp', value: 'soon' }, 'TIMESTAMP_MALFORMED'],
    ['skewed-clock', {}, undefined],
    ['stale-clock', {}, 'TIMESTAMP_TOO_OLD'],
    ['future-clock', {}, 'TIMESTAMP_IN_FUTURE'],
    ['unknown-type', {}, undefined],
    ['extra-fields', {}, undefined],
    ['string-specversion', {}, undefined],
    ['invalid-time', {}, undefined],
    ['unicode', {}, undefined],
    ['large-body', {}, undefined],
    ['slow-body', { chunkBytes: 100, pauseMs: 1 }, undefined],
    ['abort', {}, undefined],
  ])('%s %j: the receiver sees %s', async (kind, params, code) => {
    const { emulator, receiver, attempt, rule } = await underFault(kind, params);
    expect(receiver.received).toHaveLength(1);
    expect(codeOf(receiver.received[0] as Received, emulator.now())).toBe(code);
    expect(attempt?.faults).toEqual([{ id: rule.id, action: kind }]);
  });

  it('changes the event before it is signed', async () => {
    const changed = async (kind: string, params?: Params) => {
      const { receiver } = await underFault(kind, params);
      return eventOf(receiver.received[0] as Received);
    };
    expect((await changed('unknown-type')).type).toBe('never-seen-before');
    expect((await changed('extra-fields')).data.extra).toBe(true);
    expect((await changed('string-specversion')).specversion).toBe('1.0');
    expect(new Date((await changed('invalid-time')).time).getTime()).toBeNaN();
    expect((await changed('unicode')).data.text).toContain('☃ 😀');
    expect((await changed('large-body', { bytes: 3_000_000 })).data.filler).toHaveLength(3_000_000);
  });

  it('several-signatures: the last of two is made with the current key', async () => {
    const { receiver, attempt } = await underFault('several-signatures');
    const signatures = `${receiver.received[0]?.headers['x-showpad-signature-v1']}`.split(',');
    expect(signatures).toHaveLength(2);
    expect(attempt?.signature?.keyUsed).toBe('another, current');
  });

  it('slow-body: arrives in pieces', async () => {
    const emulator = await openEmulator();
    const { url, pieces } = await openReceiver(200);
    await subscribe(emulator, url);
    await add(emulator, 'slow-body', { chunkBytes: 100, pauseMs: 5 });
    await emulator.trigger(TYPE, {}, { body: 'x'.repeat(950) });
    await emulator.advanceTime(0);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.reduce((sum, length) => sum + length, 0)).toBe(950);
  });

  it('does not change a body that is not an event', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url);
    await add(emulator, 'extra-fields');
    await emulator.trigger(TYPE, {}, { body: '[1]' });
    await emulator.trigger(TYPE, {}, { body: '{' });
    await emulator.advanceTime(0);
    expect(received.map(({ body }) => `${body}`).sort()).toEqual(['[1]', '{']);
  });

  it('delay: sent later, and signed at that time', async () => {
    const { emulator, receiver, attempt } = await underFault('delay', { ms: 90_000 });
    expect(attempt).toMatchObject({ state: 'scheduled', dueAt: emulator.now() + 90_000 });
    await emulator.advanceTime(89_999);
    expect(receiver.received).toHaveLength(0);
    await emulator.advanceTime(1);
    expect(codeOf(receiver.received[0] as Received, emulator.now())).toBeUndefined();
    expect(receiver.received[0]?.headers['x-showpad-signature-timestamp']).toBe(
      `${Math.floor(emulator.now() / 1_000)}`,
    );
  });

  it('drop: never sent, never retried', async () => {
    const { emulator, receiver, attempt } = await underFault('drop');
    await emulator.advanceTime(60_000);
    expect(receiver.received).toHaveLength(0);
    expect(attempt).toMatchObject({ state: 'failed', request: null, error: { code: 'DROPPED' } });
    expect(await emulator.attempts()).toHaveLength(1);
  });

  it('duplicate: the same id again, signed each time', async () => {
    const { emulator, receiver, rule } = await underFault('duplicate', { copies: 2, afterMs: 10 });
    expect(receiver.received).toHaveLength(1);
    await emulator.advanceTime(10);
    expect(receiver.received).toHaveLength(3);
    expect(new Set(receiver.received.map((delivery) => eventOf(delivery).id)).size).toBe(1);
    const faults = (await emulator.attempts()).map((attempt) => attempt.faults);
    expect(faults).toEqual(Array(3).fill([{ id: rule.id, action: 'duplicate' }]));
  });

  it('burst: further events, each with its own id', async () => {
    const { receiver } = await underFault('burst', { events: 30 });
    expect(new Set(receiver.received.map((delivery) => eventOf(delivery).id)).size).toBe(31);
  });

  it('reorder: overtaken by the next delivery, or sent when it has waited long enough', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url);
    await add(emulator, 'reorder', {}, { count: 1 });
    await emulator.trigger(TYPE, { id: 'first' });
    await emulator.trigger(TYPE, { id: 'second' });
    await emulator.advanceTime(0);
    expect(received.map((delivery) => eventOf(delivery).id)).toEqual(['second', 'first']);

    await add(emulator, 'reorder', { atMostMs: 100 }, { count: 1 });
    await emulator.trigger(TYPE, { id: 'alone' });
    await emulator.advanceTime(99);
    expect(received).toHaveLength(2);
    await emulator.advanceTime(1);
    expect(received.map((delivery) => eventOf(delivery).id)).toEqual(['second', 'first', 'alone']);
  });

  it.each([
    ['truncated-body', 'BODY_TRUNCATED'],
    ['reset', 'CONNECTION_RESET'],
  ])('%s: the receiver gets a part of the body', async (kind, code) => {
    const { receiver, attempt } = await underFault(kind, { keptPart: 0.5 });
    const whole = attempt?.request?.body ?? '';
    await expect.poll(() => receiver.broken).toEqual([whole.slice(0, Math.floor(whole.length / 2))]);
    expect(receiver.received).toHaveLength(0);
    expect(attempt).toMatchObject({ state: 'failed', response: null, error: { code } });
  });

  it('abort: the receiver has the event, and receives it again', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url);
    await add(emulator, 'abort', {}, { match: { attempt: 1 } });
    await emulator.trigger(TYPE);
    await emulator.advanceTime(3_000);
    expect((await emulator.attempts()).map(({ state }) => state)).toEqual(['will-retry', 'succeeded']);
    expect(new Set(received.map((delivery) => eventOf(delivery).id)).size).toBe(1);
    expect(received).toHaveLength(2);
  });
});

describe('a rule', () => {
  it('fires if it matches, and as often as it may', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    const { id } = await subscribe(emulator, url, { types: [TYPE, 'COURSE_COMPLETED'] });
    await subscribe(emulator, url);
    const match = { type: TYPE, subscriptionId: id, attempt: 1 };
    const rule = await add(emulator, 'drop', {}, { match, count: 2 });
    await emulator.trigger(TYPE, {}, { count: 3 });
    await emulator.trigger('COURSE_COMPLETED');
    await emulator.advanceTime(0);
    const dropped = (await emulator.attempts()).filter(({ error }) => error?.code === 'DROPPED');
    expect(dropped.map((attempt) => [attempt.type, attempt.subscriptionId])).toEqual(
      Array(2).fill([TYPE, id]),
    );
    expect(received).toHaveLength(5);
    expect(await emulator.faults.list()).toEqual([{ ...rule, count: 0 }]);
  });

  it('breaks the same things with the same seed, and others with another seed', async () => {
    const run = async (seed: number) => {
      const emulator = await openEmulator({ seed });
      await subscribe(emulator, (await openReceiver(200)).url);
      await add(emulator, 'drop', {}, { probability: 0.5 });
      await add(emulator, 'delay-lognormal', {}, { probability: 0.7 });
      const start = emulator.now();
      for (let index = 0; index < 40; index++) {
        await emulator.trigger(TYPE);
        await emulator.advanceTime(0);
      }
      const attempts = await emulator.attempts();
      return attempts.map(({ error, dueAt }) => (error ? 'dropped' : dueAt - start));
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
    const dropped = first.filter((each) => each === 'dropped').length;
    expect(dropped).toBeGreaterThan(8);
    expect(dropped).toBeLessThan(32);
    expect(new Set(first).size).toBeGreaterThan(8);
  });

  it('breaks the same things again after a reset', async () => {
    const emulator = await openEmulator();
    const { url } = await openReceiver(200);
    const run = async () => {
      await subscribe(emulator, url);
      await add(emulator, 'drop', {}, { probability: 0.5 });
      await emulator.trigger(TYPE, {}, { count: 30 });
      await emulator.advanceTime(0);
      return (await emulator.attempts()).map(({ state }) => state);
    };
    const first = await run();
    await emulator.reset();
    expect(await run()).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });

  it.each([
    [{ api: 'email' }, 'api'],
    [{ api: 'delivery', action: { kind: 'explode' } }, 'action.kind'],
    [{ api: 'oauth', action: { kind: 'drop' } }, 'action.kind'],
    [{ api: 'delivery', action: { kind: 'delay', ms: -1 } }, 'action.ms'],
    [{ api: 'delivery', action: { kind: 'delay', ms: '1' } }, 'action.ms'],
    [{ api: 'delivery', action: { kind: 'delay', seconds: 1 } }, 'action.seconds'],
    [{ api: 'delivery', action: { kind: 'garbage-header', value: 'a\nb' } }, 'action.value'],
    [{ api: 'delivery', action: { kind: 'missing-header', header: 'a b' } }, 'action.header'],
    [{ api: 'delivery', action: { kind: 'drop' }, probability: 2 }, 'probability'],
    [{ api: 'delivery', action: { kind: 'drop' }, count: 0 }, 'count'],
    [{ api: 'delivery', action: { kind: 'drop' }, match: { path: '/' } }, 'match.path'],
    [{ api: 'delivery', action: { kind: 'drop' }, match: null }, 'match'],
    [{ api: 'oauth', action: { kind: 'server-error', status: 503.5 } }, 'action.status'],
    [{ api: 'oauth', action: { kind: 'server-error', status: 200 } }, 'action.status'],
    [{ api: 'delivery', action: 'drop' }, 'action'],
    [{ api: 'delivery' }, 'action'],
    [{ api: 'delivery', action: {} }, 'action.kind'],
    [null, 'body'],
    [{ api: 'oauth', action: { kind: 'latency' }, match: { path: 1 } }, 'match.path'],
    [{ api: 'delivery', action: { kind: 'drop' }, often: true }, 'often'],
  ])('%j is refused, and the error names %s', async (rule, field) => {
    const { faults } = await openEmulator();
    await expect(faults.add(rule as FaultRuleInput)).rejects.toMatchObject({
      status: 422,
      meta: [{ name: field }],
    });
    expect(await faults.list()).toEqual([]);
  });

  it('can be removed', async () => {
    const emulator = await openEmulator();
    const { id } = await add(emulator, 'drop');
    await emulator.faults.remove(id);
    await expect(emulator.faults.remove(id)).rejects.toMatchObject({ status: 404 });
    await add(emulator, 'drop');
    await emulator.faults.clear();
    expect(await emulator.faults.list()).toEqual([]);
  });
});

describe('a fault of the API', () => {
  const PATH = '/webhooks/v1/subscriptions';

  it.each([
    ['unauthorized', 401, null],
    ['forbidden', 403, null],
    ['not-found', 404, null],
    ['conflict', 409, null],
    ['rate-limit', 429, '1'],
    ['rate-limit-silent', 429, null],
    ['server-error', 503, null],
    ['expired-token', 401, null],
  ])('%s: %i with Retry-After %s', async (kind, status, retryAfter) => {
    const emulator = await openEmulator();
    await add(emulator, kind, {}, { api: 'subscriptions', count: 1 });
    const ask = () =>
      fetch(emulator.url + PATH, { headers: { authorization: `Bearer ${emulator.accessToken}` } });
    const response = await ask();
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect((await ask()).status).toBe(200);
  });

  it('latency: the response comes later', async () => {
    const emulator = await openEmulator();
    await add(emulator, 'latency', { ms: 50 }, { api: 'subscriptions' });
    const before = performance.now();
    expect((await call(emulator, 'GET', PATH)).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThan(45);
  });

  it('lost-answer: the request took effect, and there is no response', async () => {
    const emulator = await openEmulator();
    const subscription = await subscribe(emulator, 'http://127.0.0.1:1/');
    await add(emulator, 'lost-answer', {}, { api: 'subscriptions', count: 2 });
    const url = `${emulator.url}${PATH}/${subscription.id}`;
    const headers = { authorization: `Bearer ${emulator.accessToken}` };
    await expect(fetch(url, { method: 'DELETE', headers })).rejects.toThrow('fetch failed');
    expect(await emulator.subscriptions.list()).toEqual([]);
    const body = JSON.stringify({ name: 'app', types: [TYPE], endpoint: 'http://127.0.0.1:1/' });
    const json = { ...headers, 'content-type': 'application/json' };
    const create = fetch(emulator.url + PATH, { method: 'POST', headers: json, body });
    await expect(create).rejects.toThrow('fetch failed');
    expect(await emulator.subscriptions.list()).toMatchObject([{ name: 'app' }]);
    expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(404);
  });

  it('matches by path and method', async () => {
    const emulator = await openEmulator();
    const { id } = await subscribe(emulator, 'http://127.0.0.1:1/');
    const match = { path: `${PATH}/*`, method: 'get' };
    await add(emulator, 'not-found', {}, { api: 'subscriptions', match });
    expect((await call(emulator, 'GET', PATH)).status).toBe(200);
    expect((await call(emulator, 'GET', `${PATH}/${id}`)).status).toBe(404);
    expect((await call(emulator, 'DELETE', `${PATH}/${id}`)).status).toBe(204);
  });

  it('of the OAuth API is an OAuth error, and an expired refresh token is not used up', async () => {
    const emulator = await openEmulator();
    const client = { client_id: 'client', client_secret: 'secret' };
    const ask = async (form: Record<string, string>) => {
      const body = new URLSearchParams({ ...client, ...form });
      const response = await fetch(`${emulator.url}/api/v3/oauth2/token`, { method: 'POST', body });
      return { status: response.status, body: await response.json() };
    };
    const login = { grant_type: 'password', username: 'admin', password: 'admin' };
    const { body } = (await ask(login)) as { body: { refresh_token: string } };
    const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token };
    await add(emulator, 'expired-token', {}, { api: 'oauth', count: 1 });
    expect(await ask(refresh)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    await add(emulator, 'server-error', { status: 500 }, { api: 'oauth', count: 1 });
    expect(await ask(refresh)).toMatchObject({ status: 500, body: { error: 'server_error' } });
    expect((await ask(refresh)).status).toBe(200);
  });
});
