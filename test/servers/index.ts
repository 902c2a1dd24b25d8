export { findServer } from './find-server.ts';
export { startPgbouncer } from './pgbouncer.ts';
export { freePort } from './port.ts';
export { startPostgres, startReplica } from './postgres.ts';
export { startRedis } from './redis.ts';
export type { Server } from './server.ts';
