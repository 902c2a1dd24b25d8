import type { BullmqSource } from '@showpad-webhooks/bullmq';
import { findServer, type Server, startPostgres, startRedis } from '@showpad-webhooks/servers';

/** The servers that BullMQ runs on, and the options with which an app names them. */
export const ENGINES: readonly {
  readonly engine: 'redis' | 'postgres';
  readonly isInstalled: boolean;
  readonly start: (settings?: Readonly<Record<string, string>>) => Promise<Server>;
  readonly sourceOf: (server: Pick<Server, 'port'>) => BullmqSource;
}[] = [
  {
    engine: 'redis',
    isInstalled: findServer('redis-server') !== undefined,
    start: startRedis,
    sourceOf: ({ port }) => ({ connection: { host: '127.0.0.1', port } }),
  },
  {
    engine: 'postgres',
    isInstalled: findServer('postgres') !== undefined,
    start: startPostgres,
    sourceOf: ({ port }) => ({ postgres: `postgres://postgres@127.0.0.1:${port}/postgres` }),
  },
];
