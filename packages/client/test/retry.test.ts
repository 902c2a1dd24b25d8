import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createMany, failure, INPUT, openClient, openEmulator, openServer, PASSWORD_GRANT } from './open.ts';

const STORM = { api: 'subscriptions', count: 3 } as const;
const LOST_ANSWER = { api: 'subscriptions', action: { kind: 'lost-answer' } } as const;

describe('a read or a delete is tried again', () => {
  test('through a storm of 429, after the waits that Retry-After asks for', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add({ ...STORM, action: { kind: 'rate-limit', retryAfterSeconds: 7 } });
    const { client, waits } = openClient(emulator);
    expect(await client.subscriptions.list()).toEqual([]);
    expect(waits).toEqual([7_000, 7_000, 7_000]);
  });

  test('through a storm of 429 without Retry-After, after waits whose limit doubles', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add({ ...STORM, action: { kind: 'rate-limit-silent' } });
    const { client, waits } = openClient(emulator);
    await client.subscriptions.list();
    expect(waits).toEqual([250, 500, 1_000]);
  });

  test('after a 5xx, and only the page that failed', async () => {
    const emulator = await openEmulator();
    await createMany(emulator, 3);
    const { client, requests } = openClient(emulator);
    for await (const { name } of client.subscriptions.iterate({ pageSize: 2 })) {
      if (name === '1') await emulator.faults.add({ ...STORM, count: 1, action: { kind: 'server-error' } });
    }
    expect(requests).toEqual(['GET /subscriptions 200', 'GET /subscriptions 503', 'GET /subscriptions 200']);
  });

  test('as often as allowed, and then rejects with the last failure', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add({
      api: 'subscriptions',
      action: { kind: 'rate-limit', retryAfterSeconds: 3_600 },
    });
    const { client, waits } = openClient(emulator, { retry: { maxAttempts: 2, maxRetryAfterMs: 9_000 } });
    const error = await failure(client.subscriptions.list());
    expect(error).toMatchObject({ status: 429, title: 'Too many requests', retryAfterMs: 3_600_000 });
    expect(waits).toEqual([9_000]);
  });

  test('never if retry is false', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add({ api: 'subscriptions', action: { kind: 'server-error' } });
    const { client, requests } = openClient(emulator, { retry: false });
    expect(await failure(client.subscriptions.list())).toHaveProperty('status', 503);
    expect(requests).toHaveLength(1);
  });

  test('never after a 4xx', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add({ api: 'subscriptions', action: { kind: 'forbidden' } });
    const { client, requests } = openClient(emulator);
    expect(await failure(client.subscriptions.list())).toHaveProperty('status', 403);
    expect(requests).toHaveLength(1);
  });

  test('after a lost connection, and a delete whose response was lost has worked', async () => {
    const emulator = await openEmulator();
    const { id } = await emulator.subscriptions.create(INPUT);
    await emulator.faults.add({ ...LOST_ANSWER, count: 1 });
    const { client, requests } = openClient(emulator);
    await client.subscriptions.delete(id);
    expect(requests).toEqual([`DELETE /subscriptions/${id} undefined`, `DELETE /subscriptions/${id} 404`]);
  });

  test('but a delete of what was never there fails', async () => {
    const { client } = openClient(await openEmulator());
    expect(await failure(client.subscriptions.delete('none'))).toHaveProperty('status', 404);
  });
});

test('an update is tried again', async () => {
  const emulator = await openEmulator();
  const { id } = await emulator.subscriptions.create(INPUT);
  await emulator.faults.add({ ...STORM, action: { kind: 'server-error', status: 500 } });
  const { client } = openClient(emulator);
  expect(await client.subscriptions.update(id, { name: 'ERP' })).toHaveProperty('name', 'ERP');
});

describe('Retry-After as a date', () => {
  const untilMs = Date.parse('2026-11-23T12:00:30Z');
  const RETRY_AFTER = new Date(untilMs).toUTCString();
  const limited = (date: string) =>
    openServer((_req, res) => {
      res.sendDate = false;
      res.writeHead(429, { 'retry-after': RETRY_AFTER, ...(date && { date }) }).end();
    });

  test.each([
    ['by our clock', '', untilMs - 8_000, 8_000],
    [
      'by the clock of the response if ours is an hour ahead',
      '2026-11-23T12:00:20Z',
      untilMs + 3_600_000,
      10_000,
    ],
    ['not at all if it is past', '', untilMs + 1, 0],
  ])('is waited for %s', async (_title, date, nowMs, expectedMs) => {
    const server = await limited(date && new Date(date).toUTCString());
    const { client, waits } = openClient({ ...server, now: () => nowMs }, { retry: { maxAttempts: 2 } });
    expect(await failure(client.subscriptions.list())).toHaveProperty('retryAfterMs', expectedMs);
    expect(waits).toEqual([expectedMs]);
  });
});

describe('a create', () => {
  const LOST_CREATE = { ...LOST_ANSWER, match: { method: 'POST' } } as const;

  test('whose response was lost is not made twice, and the error has the subscription whose key is lost', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add({ ...LOST_CREATE, count: 1 });
    const { client } = openClient(emulator);
    const error = await failure(client.subscriptions.create(INPUT));
    const [made, ...further] = await emulator.subscriptions.list();
    expect(further).toEqual([]);
    expect(error).toMatchObject({ code: 'KEY_LOST', subscription: { id: made?.id, ...INPUT } });
    expect(error.cause).toMatchObject({ code: 'NETWORK' });

    await client.subscriptions.delete(made?.id ?? '');
    const again = await openClient(emulator).client.subscriptions.create(INPUT);
    expect(again.signatureKey).not.toBe('');
  });

  test('that did not take effect is tried again', async () => {
    const emulator = await openEmulator();
    await emulator.subscriptions.create({ ...INPUT, name: 'another' });
    const match = { method: 'POST' };
    await emulator.faults.add({ ...STORM, match, action: { kind: 'server-error', status: 502 } });
    const { client, requests } = openClient(emulator);
    const { subscription } = await client.subscriptions.create(INPUT);
    expect(await emulator.subscriptions.list()).toHaveLength(2);
    expect(subscription.name).toBe(INPUT.name);
    const [create, look] = ['POST /subscriptions 502', 'GET /subscriptions 200'];
    expect(requests).toEqual([create, look, create, look, create, look, 'POST /subscriptions 201']);
  });

  test('that was refused with 429 is tried again without a look', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add({ ...STORM, count: 1, action: { kind: 'rate-limit' } });
    const { client, requests } = openClient(emulator);
    await client.subscriptions.create(INPUT);
    expect(requests).toEqual(['POST /subscriptions 429', 'POST /subscriptions 201']);
  });

  test('is looked for even if it will not be tried again', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add(LOST_CREATE);
    const { client } = openClient(emulator, { retry: false });
    expect(await failure(client.subscriptions.create(INPUT))).toHaveProperty('code', 'KEY_LOST');
  });

  test('is uncertain if the list cannot be read either', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add(LOST_ANSWER);
    const { client } = openClient(emulator);
    const error = await failure(client.subscriptions.create(INPUT));
    expect(error.code).toBe('CREATE_UNCERTAIN');
    expect(error.message).toBe(
      'The subscription may have been created. POST /subscriptions got no complete response.',
    );
    expect(error.hint).toContain('The list of subscriptions could not be read either');
    expect(await emulator.subscriptions.list()).toHaveLength(1);
  });

  test('whose response has its key under another name says so, and does not show the key', async () => {
    const server = await openServer((_req, res) =>
      res
        .writeHead(201)
        .end('{"id":"1","types":["a"],"endpoint":"https://a.example/","secret":"the-new-key"}'),
    );
    const error = await failure(openClient(server).client.subscriptions.create(INPUT));
    expect(error).toMatchObject({ code: 'KEY_LOST', subscription: { id: '1' } });
    expect(error.message).toBe('Subscription 1 was created, but the response has no signature key.');
    expect(error.hint).toContain('are id, types, secret, name, url, method, headers. If one');
    expect(error.hint).toContain('set assumptions.signatureKeyField. Then delete 1 and create it again.');
    expect(inspect(error, { depth: 9 })).not.toContain('the-new-key');
  });

  test('without a token was not sent, so there is nothing to look for', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add({ api: 'oauth', action: { kind: 'server-error' } });
    const { client, requests } = openClient(emulator, { auth: PASSWORD_GRANT });
    expect(await failure(client.subscriptions.create(INPUT))).toMatchObject({
      status: 503,
      code: 'HTTP_ERROR',
      showpadCode: 'server_error',
    });
    expect(requests).toEqual(Array(4).fill('POST /api/v3/oauth2/token 503'));
  });
});

describe('an end to waiting', () => {
  test('a response that takes too long is a TIMEOUT', async () => {
    const { client } = openClient(await openServer(() => {}), { timeoutMs: 20, retry: false });
    const error = await failure(client.subscriptions.list());
    expect(error).toMatchObject({ code: 'TIMEOUT', status: undefined });
    expect(error.message).toBe('GET /subscriptions got no complete response in 20 ms.');
  });

  test('a caller’s signal ends a request', async () => {
    const controller = new AbortController();
    const server = await openServer(() => controller.abort('enough')); // and never answers
    const list = openClient(server).client.subscriptions.list({ signal: controller.signal });
    await expect(list).rejects.toBe('enough');
  });

  test('a caller’s signal ends a wait', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add({ api: 'subscriptions', action: { kind: 'server-error' } });
    const controller = new AbortController();
    const sleep = () => {
      controller.abort('enough');
      return new Promise<void>(() => {});
    };
    const { client, requests } = openClient(emulator, { retry: { sleep } });
    await expect(client.subscriptions.list({ signal: controller.signal })).rejects.toBe('enough');
    expect(requests).toHaveLength(1);
  });
});

test('hooks are told about each attempt and each wait, and whatever they throw is ignored', async () => {
  const emulator = await openEmulator();
  await emulator.faults.add({ ...STORM, count: 1, action: { kind: 'server-error' } });
  const told: unknown[] = [];
  const tell = (info: object) => {
    told.push(info);
    throw new Error('a hook that fails');
  };
  const { client } = openClient(emulator, { hooks: { onResponse: tell, onRetry: tell } });
  await client.subscriptions.list();
  const request = { method: 'GET', path: '/subscriptions' };
  const error = expect.objectContaining({ status: 503 });
  expect(told).toEqual([
    { ...request, attempt: 1, status: 503, durationMs: 0, error },
    { ...request, attempt: 1, delayMs: 250, error },
    { ...request, attempt: 2, status: 200, durationMs: 0, error: undefined },
  ]);
});
