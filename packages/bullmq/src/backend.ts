import type { EventEmitter } from 'node:events';
import {
  type ConnectionOptions,
  createPostgresBackend,
  type PostgresConnectionOptions,
  type Processor,
  Queue,
  runMigrations,
  Worker,
  type WorkerOptions,
} from 'bullmq';

/** Where BullMQ keeps its jobs. */
export type BullmqSource =
  | {
      /** Redis: ioredis options (also for Sentinel), or a client or Cluster of your own. */
      readonly connection: ConnectionOptions;
      readonly postgres?: never;
    }
  | {
      /** Postgres: a URL, the options of a `pg` pool with a `schema`, or a pool of your own. */
      readonly postgres: PostgresConnectionOptions;
      readonly connection?: never;
    };

export type { Queue, Worker };

type WorkerSettings = Omit<WorkerOptions, 'connection'>;

/** What differs between Redis and Postgres. */
export interface Backend {
  createQueue(name: string): Queue;
  createWorker(name: string, processor: Processor, settings: WorkerSettings): Worker;
  /** Creates or upgrades what must exist before the first job. */
  prepare(): Promise<void>;
  closeWorker(worker: Worker, isForced: boolean): Promise<void>;
}

export function createBackend({ connection, postgres }: BullmqSource): Backend {
  if (connection) return redisBackend(connection);
  if (postgres) return postgresBackend(postgres);
  throw new TypeError(
    "Pass { connection: { host: 'localhost' } } for Redis, or { postgres: 'postgres://…' } for Postgres.",
  );
}

function redisBackend(connection: ConnectionOptions): Backend {
  const isClient = 'connect' in connection && typeof connection.connect === 'function';
  // While Redis is away, a delivery must be answered with 503 in time. So no command may wait until Redis is back.
  const failFast = isClient ? connection : { ...connection, enableOfflineQueue: false };
  return {
    createQueue: (name) => new Queue(name, { connection: failFast }),
    createWorker: (name, processor, settings) => new Worker(name, processor, { ...settings, connection }),
    prepare: async () => {},
    closeWorker: (worker, isForced) => worker.close(isForced),
  };
}

function postgresBackend(postgres: PostgresConnectionOptions): Backend {
  const isPool = typeof postgres === 'object' && 'query' in postgres;
  const options = typeof postgres === 'string' ? { connectionString: postgres } : postgres;
  const connection = (isPool ? postgres : { migrate: true, ...options }) as PostgresConnectionOptions;
  return {
    createQueue: (name) => new Queue(name, { connection }, createPostgresBackend) as unknown as Queue,
    createWorker: (name, processor, settings) =>
      new Worker(name, processor, { ...settings, connection }, createPostgresBackend) as unknown as Worker,
    async prepare() {
      if (isPool) await runMigrations(postgres as Parameters<typeof runMigrations>[0]);
    },
    closeWorker(worker, isForced) {
      const { listenClient } = worker.getBackend().connection as { listenClient?: EventEmitter };
      if (listenClient) keepErrorListener(listenClient);
      return worker.close(isForced);
    },
  };
}

/**
 * BullMQ removes all listeners of this client before it ends it. If Postgres ends the connection at the same moment, as when both
 * are stopped together, the error would have no listener, and Node would end the process.
 */
function keepErrorListener(client: EventEmitter): void {
  client.on('removeListener', (event) => {
    if (event === 'error') queueMicrotask(() => client.on('error', () => {}));
  });
}
