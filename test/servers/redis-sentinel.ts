import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireServer } from './find-server.ts';
import { onFreePort } from './port.ts';
import { isReady, startRedis } from './redis.ts';
import type { FailoverSettings } from './redis-cluster.ts';
import { command, until, untilReplicating } from './redis-command.ts';
import { type Server, startServer } from './server.ts';

/** A master with two replicas, and the three Sentinels that replace it. */
export interface RedisSentinel {
  /** By which the Sentinels know the master. */
  readonly name: string;
  readonly sentinels: readonly Server[];
  readonly master: Server;
  readonly replicas: readonly Server[];
  remove(): Promise<void>;
}

const NAME = 'showpad';
const QUORUM = 2;

/** Starts six servers. Resolves when the Sentinels know each other and the replicas. */
export async function startRedisSentinel({ downAfterMs }: FailoverSettings): Promise<RedisSentinel> {
  const master = await startRedis();
  const replicaof = `127.0.0.1 ${master.port}`;
  const replicas = await Promise.all([1, 2].map(() => startRedis({ replicaof })));
  for (const { port } of replicas) await untilReplicating(port);
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(master, downAfterMs)));
  for (const { port } of sentinels) {
    await until(async () => (await command(port, 'INFO sentinel')).includes(',slaves=2,sentinels=3'));
  }
  return {
    name: NAME,
    sentinels,
    master,
    replicas,
    async remove() {
      await Promise.all([master, ...replicas, ...sentinels].map((server) => server.remove()));
    },
  };
}

/** A Sentinel writes what it learns to its own file of settings. */
async function startSentinel(master: Server, downAfterMs: number): Promise<Server> {
  const program = requireServer('redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'showpad-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  return onFreePort((port) => {
    const settings = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${master.port} ${QUORUM}`,
      `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
      `sentinel failover-timeout ${NAME} 5000`,
    ];
    writeFileSync(file, `${settings.join('\n')}\n`);
    return startServer({ program, args: [file, '--sentinel'], port, folder, isReady, hasChildren: false });
  });
}
