import { once } from 'node:events';
import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import { createReceiver } from '@showpad-webhooks/core';
import { findServer, type RedisShard, startRedisCluster } from '@showpad-webhooks/servers';
import { Cluster, Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { deliver, KEY, TYPE } from './support.ts';

test.skipIf(!findServer('redis-server'))(
  'on a Cluster, only the shard that has the inbox must have its replica',
  async () => {
    const { servers, shards, shardOf, remove } = await startRedisCluster({ downAfterMs: 30_000 });
    onTestFinished(remove);
    const nodes = servers.map(({ port }) => ({ host: '127.0.0.1', port }));
    const connection = new Cluster(nodes, { redisOptions: { socketTimeout: 3_000 } });
    onTestFinished(() => connection.disconnect());
    await once(connection, 'ready');
    const plain = createBullmqInbox({ connection, prefix: '{plain}' });
    onTestFinished(() => plain.close({ timeoutMs: 0 }));
    expect((await plain.health()).problems).toEqual([expect.stringMatching(/^Redis has 1 replica and/)]);

    const own = await shardOf('{showpad}');
    const [other] = shards.filter((shard) => shard !== own) as [RedisShard];
    await other.replica.kill();
    const client = new Redis(other.master.port, '127.0.0.1');
    onTestFinished(() => client.disconnect());
    await vi.waitFor(async () => expect(await client.info('replication')).toContain('connected_slaves:0'));
    const inbox = createBullmqInbox({ connection, prefix: '{showpad}', waitReplicas: { count: 1 } });
    const receiver = createReceiver({ keys: KEY, inbox, on: { [TYPE]: () => {} } });
    const reported: unknown[] = [];
    receiver.onError((error) => reported.push(error.message, error.cause));
    onTestFinished(() => receiver.close({ timeoutMs: 0 }));
    await receiver.start();
    expect(await deliver(receiver, '1')).toBe('202 queued');
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    expect(await inbox.health()).toMatchObject({ isReachable: true, problems: [] });
    expect(reported).toEqual([]);
  },
);

test('on a Cluster, a prefix without a hash tag is refused at once', () => {
  const connection = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true });
  for (const prefix of [undefined, 'showpad', '{}', '}{']) {
    expect(() => createBullmqInbox({ connection, ...(prefix && { prefix }) })).toThrow(
      /^On a Cluster, all keys of an inbox must be on one node, and those of the queue ".+" are not\. Set the option "prefix"/,
    );
  }
});
