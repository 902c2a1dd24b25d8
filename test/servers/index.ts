export { findServer } from './find-server.ts';
export { startPostgres } from './postgres.ts';
export { startRedis } from './redis.ts';
export type { Server } from './server.ts';
