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
      /** Redis: ioredis options, or a client (ioredis, a Cluster, Sentinel options; node-redis). */
      readonly connection: ConnectionOptions;
      readonly postgres?: never;
    }
  | {
      /** Postgres, by BullMQ's own backend: a URL, options of a `pg` pool with a `schema`, or a pool. */
      readonly postgres: PostgresConnectionOptions;
      readonly connection?: never;
    };

export type { Queue, Worker };

type WorkerSettings = Omit<WorkerOptions, 'connection'>;

/** What differs between Redis and Postgres. */
export interface Backend {
  createQueue(name: string): Queue;
  createWorker(name: string, processor: Processor, settings: WorkerSettings): Worker;
  /** Makes, or upgrades, what must be there before the first job. */
  prepare(): Promise<void>;
}

export function createBackend({ connection, postgres }: BullmqSource): Backend {
  if (connection) return redisBackend(connection);
  if (postgres) return postgresBackend(postgres);
  throw new TypeError(
    "pass { connection: { host: 'localhost' } } for Redis, or { postgres: 'postgres://…' } for Postgres.",
  );
}

function redisBackend(connection: ConnectionOptions): Backend {
  const isClient = 'connect' in connection && typeof connection.connect === 'function';
  // A store that is down must be a 503 in time, so nothing waits in a queue for it to come back.
  const failFast = isClient ? connection : { ...connection, enableOfflineQueue: false };
  return {
    createQueue: (name) => new Queue(name, { connection: failFast }),
    createWorker: (name, processor, settings) => new Worker(name, processor, { ...settings, connection }),
    prepare: async () => {},
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
  };
}
