import { createBullmqInbox, createRedisLedger, type RedisLedger } from '@showpad-webhooks/bullmq';
import { createReceiver } from '@showpad-webhooks/core';
import { ledgerConformance } from '@showpad-webhooks/core/testing';
import { type Server, startRedis } from '@showpad-webhooks/servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ENGINES } from './servers.ts';
import { deliver, KEY, TYPE } from './support.ts';

const [redis] = ENGINES;

describe.skipIf(!redis?.isInstalled)('the ledger in Redis', () => {
  let server: Server;
  let ledger: RedisLedger;
  beforeAll(async () => {
    server = await startRedis();
    ledger = createRedisLedger({ connection: { host: '127.0.0.1', port: server.port } });
  });
  afterAll(async () => {
    await ledger.close();
    await server.remove();
  });

  for (const { name, run } of ledgerConformance(() => ledger)) test(name, run);

  /** A client that changes the server or its data behind the ledger's back. */
  function connect(): Redis {
    const client = new Redis(server.port, '127.0.0.1');
    onTestFinished(() => client.disconnect());
    return client;
  }

  test('handles an event once on two machines whose clocks are 20 s apart', async () => {
    const other = createRedisLedger({ connection: { host: '127.0.0.1', port: server.port } });
    onTestFinished(() => other.close());
    let runs = 0;
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const handle = async () => {
      runs++;
      await finished;
    };
    const on = { [TYPE]: handle };
    const late = () => Date.now() + 20_000;
    const one = createReceiver({ keys: KEY, ledger, on });
    const two = createReceiver({ keys: KEY, ledger: other, clock: late, on });
    const first = deliver(one, 'clocks');
    await vi.waitFor(() => expect(runs).toBe(1));
    expect(await deliver(two, 'clocks')).toBe('503 IN_PROGRESS');
    finish();
    expect(await first).toBe('200 handled');
    expect(await deliver(two, 'clocks')).toBe('200 duplicate');
    expect(runs).toBe(1);
  });

  test('takes an event of a dead holder over in time, although the clock of Redis was set back', async () => {
    const redis = connect();
    const own = createRedisLedger({
      connection: { host: '127.0.0.1', port: server.port },
      prefix: 'set-back',
    });
    onTestFinished(() => own.close());
    const request = { key: '1', bodyDigest: 1, leaseMs: 100 };
    await own.claim(request);
    const [storedKey = ''] = await redis.keys('set-back:*');
    await redis.hset(storedKey, 'until', Date.now() + 86_400_000);
    await vi.waitFor(async () => expect(await own.claim(request)).toMatchObject({ attempt: 2 }));
  });

  test('runs all handlers again if their names cannot be read', async () => {
    const client = connect();
    const own = createRedisLedger({ connection: client, prefix: 'unreadable' });
    const claim = () => own.claim({ key: 'a', bodyDigest: 1, leaseMs: 60_000 });
    const first = await claim();
    if (first.status !== 'claimed') throw new Error(first.status);
    await own.release({ key: 'a', fence: first.fence });
    const [hash = ''] = await client.keys('unreadable:*');
    await client.hset(hash, 'handlers', '"crm');
    expect(await claim()).toMatchObject({ status: 'claimed', attempt: 2, done: [] });
  });

  test('completes what it claimed although the memory of Redis is full', async () => {
    const redis = connect();
    const request = { key: 'full', bodyDigest: 1, leaseMs: 10_000 };
    const { fence } = (await ledger.claim(request)) as { fence: number };
    await redis.config('SET', 'maxmemory', '1');
    onTestFinished(async () => void (await redis.config('SET', 'maxmemory', '0')));
    await expect(ledger.claim({ ...request, key: 'another' })).rejects.toThrow('maxmemory');
    expect(await ledger.checkpoint({ key: 'full', fence }, { handler: 'crm', leaseMs: 10_000 })).toBe(true);
    expect(await ledger.complete({ key: 'full', fence })).toBe(true);
  });

  test('closes even if Redis was never there', async () => {
    const away = createRedisLedger({ connection: { host: '127.0.0.1', port: 1 } });
    await away.close();
  });

  test('fails at once while Redis is away, and works again when it is back', async () => {
    const receiver = createReceiver({ keys: KEY, ledger, on: { [TYPE]: () => {} } });
    expect(await deliver(receiver, '1')).toBe('200 handled');
    await server.kill();
    expect(await deliver(receiver, '2')).toBe('503 LEDGER_FAILED');
    await server.start();
    await vi.waitFor(async () => expect(await deliver(receiver, '2')).toBe('200 handled'));
    expect(await deliver(receiver, '1')).toBe('200 duplicate');
  });
});

test('an option that is missing or out of range is named', () => {
  expect(() => createBullmqInbox({} as never)).toThrow(
    "Pass { connection: { host: 'localhost' } } for Redis.",
  );
  expect(() => createBullmqInbox({ connection: {}, leaseMs: 0 })).toThrow(
    'The option "leaseMs" must be a number above 0, not 0.',
  );
  expect(() => createRedisLedger({ connection: {}, ttlMs: 0 })).toThrow(
    'The option "ttlMs" must be a number above 0, not 0.',
  );
});
