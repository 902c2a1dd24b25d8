import { createBullmqInbox, createRedisLedger } from '@showpad-webhooks/bullmq';
import { createReceiver } from '@showpad-webhooks/core';
import { findServer, startRedis } from '@showpad-webhooks/servers';
import { Cluster, Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { deliver, KEY, TYPE } from './support.ts';

const PATIENCE = { timeout: 20_000, interval: 50 };
const LAST_SLOT = 16_383;

test.skipIf(!findServer('redis-server'))(
  'a Cluster works with a hash tag as the prefix, and its replicas are reported and waited for',
  async () => {
    const settings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000' };
    const [master, replica] = [await startRedis(settings), await startRedis(settings)];
    onTestFinished(async () => {
      await replica.remove();
      await master.remove();
    });
    const [toMaster, toReplica] = [new Redis(master.port, '127.0.0.1'), new Redis(replica.port, '127.0.0.1')];
    onTestFinished(() => {
      toMaster.disconnect();
      toReplica.disconnect();
    });
    await toMaster.call('CLUSTER', 'ADDSLOTSRANGE', '0', String(LAST_SLOT));
    await toReplica.call('CLUSTER', 'MEET', '127.0.0.1', String(master.port));
    const id = String(await toMaster.call('CLUSTER', 'MYID'));
    await vi.waitFor(() => toReplica.call('CLUSTER', 'REPLICATE', id), PATIENCE);
    await vi.waitFor(async () => {
      expect(await toReplica.info('replication')).toContain('master_link_status:up');
      expect(await toMaster.call('CLUSTER', 'INFO')).toContain('cluster_state:ok');
    }, PATIENCE);

    const connection = new Cluster([{ host: '127.0.0.1', port: master.port }], { enableOfflineQueue: false });
    onTestFinished(() => connection.disconnect());
    const plain = createBullmqInbox({ connection, prefix: '{plain}' });
    onTestFinished(() => plain.close({ timeoutMs: 0 }));
    await vi.waitFor(async () => expect(await plain.counts()).toMatchObject({ pending: 0 }), PATIENCE);
    expect((await plain.health()).problems).toEqual([expect.stringMatching(/^Redis has 1 replicas/)]);

    const inbox = createBullmqInbox({ connection, prefix: '{showpad}', waitReplicas: { count: 1 } });
    const receiver = createReceiver({ keys: KEY, inbox, on: { [TYPE]: () => {} } });
    const reported: unknown[] = [];
    receiver.onError((error) => reported.push(error.message, error.cause));
    onTestFinished(() => receiver.close({ timeoutMs: 0 }));
    await receiver.start();
    expect(await deliver(receiver, '1')).toBe('202 queued');
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }), PATIENCE);
    expect(await inbox.health()).toMatchObject({ isReachable: true, problems: [] });
    expect(reported).toEqual([]);

    const ledger = createRedisLedger({ connection });
    const once = createReceiver({ keys: KEY, ledger, on: { [TYPE]: () => {} } });
    expect(await deliver(once, '1')).toBe('200 handled');
    expect(await deliver(once, '1')).toBe('200 duplicate');
  },
  60_000,
);
