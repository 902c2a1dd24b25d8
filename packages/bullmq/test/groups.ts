import { once } from 'node:events';
import type { BullmqSource, RedisLedgerOptions } from '@showpad-webhooks/bullmq';
import {
  type FailoverSettings,
  redisCommand,
  type Server,
  startRedisCluster,
  startRedisSentinel,
} from '@showpad-webhooks/servers';
import { Cluster } from 'ioredis';

/** Six servers that replace a master by themselves when it is gone. */
export interface Group {
  readonly kind: 'Sentinel' | 'Cluster';
  /** The master that has the keys of the inbox, and the replicas that may take over. */
  readonly master: Server;
  readonly replicas: readonly Server[];
  /** Connects as an app would: with options for Sentinel, and with a client of its own for a Cluster. */
  connect(): Promise<Client>;
  remove(): Promise<void>;
}

export interface Client {
  readonly connection: BullmqSource['connection'] & RedisLedgerOptions['connection'];
  readonly disconnect: () => void;
}

/** A hash tag, so that a Cluster keeps all keys of an inbox on one node. */
export const PREFIX = '{showpad}';

async function startSentinelGroup(settings: FailoverSettings): Promise<Group> {
  const { name, sentinels, master, replicas, remove } = await startRedisSentinel(settings);
  const addresses = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
  return {
    kind: 'Sentinel',
    master,
    replicas,
    connect: async () => ({ connection: { sentinels: addresses, name }, disconnect() {} }),
    remove,
  };
}

async function startClusterGroup(settings: FailoverSettings): Promise<Group> {
  const { servers, shardOf, remove } = await startRedisCluster(settings);
  const { master, replica } = await shardOf(PREFIX);
  const addresses = servers.map(({ port }) => ({ host: '127.0.0.1', port }));
  return {
    kind: 'Cluster',
    master,
    replicas: [replica],
    async connect() {
      const connection = new Cluster(addresses, {
        enableOfflineQueue: false,
        redisOptions: { socketTimeout: 3_000 },
      });
      await once(connection, 'ready');
      return { connection, disconnect: () => connection.disconnect() };
    },
    remove,
  };
}

/** How to start each kind. */
export const GROUPS: Readonly<Record<Group['kind'], (settings: FailoverSettings) => Promise<Group>>> = {
  Sentinel: startSentinelGroup,
  Cluster: startClusterGroup,
};

/** The replica that has become the master, if one has. */
export async function promotedOf({ replicas }: Group): Promise<Server | undefined> {
  const roles = await Promise.all(replicas.map(({ port }) => redisCommand(port, 'INFO replication')));
  return replicas.find((_, index) => roles[index]?.includes('role:master'));
}
