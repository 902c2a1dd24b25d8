import { type BullmqInboxOptions, createBullmqInbox, createRedisLedger } from '@showpad-webhooks/bullmq';
import { createReceiver, type Inbox } from '@showpad-webhooks/core';
import {
  findServer,
  redisCommand,
  type Server,
  startRedis,
  untilReplicating,
} from '@showpad-webhooks/servers';
import { Redis } from 'ioredis';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { deliver, entryOf, KEY, TYPE } from './support.ts';

describe.skipIf(!findServer('redis-server'))('with a master and a replica', () => {
  let master: Server;
  let replica: Server;

  beforeEach(async () => {
    master = await startRedis();
    replica = await startRedis({ replicaof: `127.0.0.1 ${master.port}` });
    await untilReplicating(replica.port);
    return async () => {
      await replica.remove();
      await master.remove();
    };
  });

  function open(options: Partial<BullmqInboxOptions> = {}) {
    const connection = { host: '127.0.0.1', port: master.port };
    const inbox = createBullmqInbox({ connection, ...options } as BullmqInboxOptions);
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    return inbox;
  }

  test('says that a failover can lose acknowledged events, and what to set', async () => {
    const plain = open();
    expect((await plain.health()).problems).toEqual([
      expect.stringMatching(
        /^Redis has 1 replica and does not wait for any, .*waitReplicas.*min-replicas-to-write/,
      ),
    ]);
    expect((await open({ waitReplicas: { count: 1 } }).health()).problems).toEqual([]);
    expect((await open({ waitReplicas: { count: 2 } }).health()).problems).toEqual([
      expect.stringMatching(/^Redis has 1 replica, and events are stored only if 2 confirm them/),
    ]);
    const client = new Redis(master.port, '127.0.0.1');
    onTestFinished(() => client.disconnect());
    await client.config('SET', 'min-replicas-to-write', '1');
    expect((await plain.health()).problems).toEqual([]);
  });

  test('answers 202 only if the replica has the event, and a failover loses none of those', async () => {
    const inbox = open({ waitReplicas: { count: 1, timeoutMs: 1_000 } });
    const receiver = createReceiver({ keys: KEY, inbox });
    const causes: string[] = [];
    receiver.onError(({ cause }) => causes.push(String((cause as Error).message)));
    expect(await deliver(receiver, '1')).toBe('202 queued');
    replica.pause();
    expect(await deliver(receiver, '2')).toBe('503 INBOX_FAILED');
    expect(await deliver(receiver, '1')).toBe('503 INBOX_FAILED');
    expect(causes[0]).toMatch(/^Only 0 of 1 replicas of Redis confirmed the event within 1000 ms/);
    const unwritable = await inbox.health();
    expect(unwritable.isWritable).toBe(false);
    expect(unwritable.problems[0]).toMatch(/^Events cannot be stored, .*: Only 0 of 1 replicas/);
    replica.resume();
    await vi.waitFor(async () => expect(await deliver(receiver, '2')).toBe('200 duplicate'));
    const more = await Promise.all(
      Array.from({ length: 50 }, (_, index) => deliver(receiver, `more-${index}`)),
    );
    expect(new Set(more)).toEqual(new Set(['202 queued']));
    expect((await inbox.health()).isWritable).toBe(true);

    await master.kill();
    const promoted = new Redis(replica.port, '127.0.0.1');
    onTestFinished(() => promoted.disconnect());
    await promoted.replicaof('NO', 'ONE');
    const after = createBullmqInbox({ connection: { host: '127.0.0.1', port: replica.port } });
    onTestFinished(() => after.close({ timeoutMs: 0 }));
    expect(await after.counts()).toMatchObject({ pending: 52 });
  });

  test('with min-replicas-to-write, Redis refuses to write without a replica, and acknowledges what one that hangs does not have', async () => {
    await redisCommand(master.port, 'CONFIG SET min-replicas-to-write 1');
    const receiver = createReceiver({ keys: KEY, inbox: open() });
    replica.pause();
    expect(await deliver(receiver, '1')).toBe('202 queued');
    await replica.kill();
    await vi.waitFor(async () => expect(await deliver(receiver, '2')).toBe('503 INBOX_FAILED'));
    await master.kill();
    await replica.start();
    await redisCommand(replica.port, 'REPLICAOF NO ONE');
    const after = createBullmqInbox({ connection: { host: '127.0.0.1', port: replica.port } });
    onTestFinished(() => after.close({ timeoutMs: 0 }));
    expect(await after.counts()).toMatchObject({ pending: 0 });
  });

  test('a failover can forget who handles an event, and another process handles it at the same time', async () => {
    const begun: string[] = [];
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const receiverOf = (name: string, inbox: Inbox) =>
      createReceiver({
        keys: KEY,
        inbox,
        on: {
          async [TYPE]() {
            begun.push(name);
            await ended;
          },
        },
      }).onError(() => {});
    const storing = createReceiver({
      keys: KEY,
      inbox: open({ waitReplicas: { count: 1, timeoutMs: 2_000 } }),
    });
    expect(await deliver(storing, '1')).toBe('202 queued');
    const ledger = createRedisLedger({ connection: { host: '127.0.0.1', port: master.port } });
    onTestFinished(() => ledger.close());
    const request = { key: '1', bodyDigest: 1, leaseMs: 10_000 };
    await redisCommand(replica.port, 'CONFIG SET masterauth nobody');
    await redisCommand(master.port, 'CLIENT KILL TYPE replica');
    const first = receiverOf('first', open());
    await first.start();
    await vi.waitFor(() => expect(begun).toEqual(['first']));
    expect(await ledger.claim(request)).toMatchObject({ status: 'claimed' });
    await master.kill();
    await redisCommand(replica.port, 'REPLICAOF NO ONE');

    const connection = { host: '127.0.0.1', port: replica.port };
    const second = receiverOf('second', createBullmqInbox({ connection }));
    await second.start();
    await vi.waitFor(() => expect(begun).toEqual(['first', 'second']));
    const after = createRedisLedger({ connection });
    onTestFinished(() => after.close());
    expect(await after.claim(request)).toMatchObject({ status: 'claimed' });
    end();
    await Promise.all([first.close({ timeoutMs: 500 }), second.close({ timeoutMs: 500 })]);
  });
});

describe.skipIf(!findServer('redis-server'))('without replicas', () => {
  test('refuses to store what no replica can have', async () => {
    const server = await startRedis();
    onTestFinished(() => server.remove());
    const connection = { host: '127.0.0.1', port: server.port };
    const inbox = createBullmqInbox({ connection, waitReplicas: { count: 1, timeoutMs: 50 } });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    await expect(inbox.put(entryOf('1'))).rejects.toThrow('Only 0 of 1 replicas');
  });

  test('says if a client of your own would wait for a server whose machine is gone', async () => {
    const server = await startRedis();
    onTestFinished(() => server.remove());
    for (const [settings, problems] of [
      [{}, [expect.stringMatching(/^The Redis client .* no socketTimeout, .* Set socketTimeout to 3000\.$/)]],
      [{ socketTimeout: 3_000 }, []],
    ] as const) {
      const connection = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: null, ...settings });
      onTestFinished(() => connection.disconnect());
      const inbox = createBullmqInbox({ connection });
      onTestFinished(() => inbox.close({ timeoutMs: 0 }));
      expect((await inbox.health()).problems).toEqual(problems);
    }
  });
});

test.each([
  [{ count: 0 }, 'The option "waitReplicas.count" must be a number above 0, not 0.'],
  [{ count: 1.5 }, 'The option "waitReplicas.count" must be a whole number, not 1.5.'],
  [{ count: 1, timeoutMs: 3_000 }, 'The option "waitReplicas.timeoutMs" must be at most 2000, not 3000.'],
])('names what is wrong about %j', (waitReplicas, message) => {
  expect(() => createBullmqInbox({ connection: {}, waitReplicas })).toThrow(message);
});
