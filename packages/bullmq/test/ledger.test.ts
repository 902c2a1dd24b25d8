import { createBullmqInbox, createRedisLedger, type RedisLedger } from '@showpad-webhooks/bullmq';
import { createReceiver } from '@showpad-webhooks/core';
import { ledgerConformance } from '@showpad-webhooks/core/testing';
import { type Server, startRedis } from '@showpad-webhooks/servers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
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
    await vi.waitFor(async () => expect(await deliver(receiver, '2')).toBe('200 handled'), {
      timeout: 20_000,
    });
    expect(await deliver(receiver, '1')).toBe('200 duplicate');
  }, 60_000);
});

test('an option that is missing or out of range is named', () => {
  expect(() => createBullmqInbox({} as never)).toThrow(
    "Pass { connection: { host: 'localhost' } } for Redis, or { postgres: 'postgres://…' } for Postgres.",
  );
  expect(() => createBullmqInbox({ connection: {}, leaseMs: 0 })).toThrow(
    'The option "leaseMs" must be a number above 0, not 0.',
  );
  expect(() => createRedisLedger({ connection: {}, ttlMs: 0 })).toThrow(
    'The option "ttlMs" must be a number above 0, not 0.',
  );
});
