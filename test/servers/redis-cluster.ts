import { onFreePort } from './port.ts';
import { startRedis } from './redis.ts';
import { command, until, untilReplicating } from './redis-command.ts';
import type { Server } from './server.ts';

export interface FailoverSettings {
  /** How long a master is silent before a replica takes over. On a busy machine it is silent for a second now and then. */
  readonly downAfterMs: number;
}

/** A master, and the replica that takes over its slots. */
export interface RedisShard {
  readonly master: Server;
  readonly replica: Server;
}

/** A Redis Cluster of three shards. */
export interface RedisCluster {
  readonly servers: readonly Server[];
  readonly shards: readonly RedisShard[];
  /** The shard that has a key. */
  shardOf(key: string): Promise<RedisShard>;
  remove(): Promise<void>;
}

const SHARDS = 3;
const SLOTS = 16_384;

/** Starts six servers. Resolves when each master has its replica and all agree. */
export async function startRedisCluster({ downAfterMs }: FailoverSettings): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: 2 * SHARDS }, () => startNode(downAfterMs)));
  const shards = nodes
    .slice(0, SHARDS)
    .map((master, index) => ({ master, replica: nodes[SHARDS + index] as Node }));
  const [first] = nodes as [Node];
  for (const [index, { port, busPort }] of nodes.entries()) {
    await command(port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
    await command(first.port, `CLUSTER MEET 127.0.0.1 ${port} ${busPort}`);
  }
  for (const [index, { master, replica }] of shards.entries()) {
    const [from, to] = [startOf(index), startOf(index + 1) - 1];
    await command(master.port, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
    const id = await command(master.port, 'CLUSTER MYID');
    // The replica may not have heard of its master yet.
    await until(async () => (await command(replica.port, `CLUSTER REPLICATE ${id}`)) === 'OK');
  }
  for (const { port } of nodes) {
    await until(async () => {
      const info = await command(port, 'CLUSTER INFO');
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length}`);
    });
  }
  for (const { replica } of shards) await untilReplicating(replica.port);
  return {
    servers: nodes,
    shards,
    async shardOf(key) {
      const slot = Number(await command(first.port, `CLUSTER KEYSLOT ${key}`));
      return shards.findLast((_, index) => startOf(index) <= slot) as RedisShard;
    },
    async remove() {
      await Promise.all(nodes.map((node) => node.remove()));
    },
  };
}

interface Node extends Server {
  readonly busPort: number;
}

/** By default, nodes talk to each other on their port plus 10,000, which may be no port at all. */
function startNode(timeoutMs: number): Promise<Node> {
  return onFreePort(async (busPort) => {
    const server = await startRedis({
      'cluster-enabled': 'yes',
      'cluster-node-timeout': String(timeoutMs),
      'cluster-port': String(busPort),
    });
    return { ...server, busPort };
  });
}

function startOf(shard: number): number {
  return Math.ceil((shard * SLOTS) / SHARDS);
}
