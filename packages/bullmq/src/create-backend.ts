import type { Backend, BackendOptions, BullmqSource } from './backend.ts';
import { createPostgresSide } from './postgres-backend.ts';
import { createRedisSide } from './redis-backend.ts';

/** @throws TypeError if neither Redis nor Postgres is named. */
export function createBackend(source: BullmqSource, options: BackendOptions): Backend {
  if (source.connection) return createRedisSide(source, options);
  if (source.postgres) return createPostgresSide(source.postgres, options);
  throw new TypeError(
    "Pass { connection: { host: 'localhost' } } for Redis, or { postgres: 'postgres://…' } for Postgres.",
  );
}
