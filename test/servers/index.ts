export { findServer } from './find-server.ts';
export { startPgbouncer } from './pgbouncer.ts';
export { freePort } from './port.ts';
export { startPostgres, startReplica } from './postgres.ts';
export { startRedis } from './redis.ts';
export {
  type FailoverSettings,
  type RedisCluster,
  type RedisShard,
  startRedisCluster,
} from './redis-cluster.ts';
export { command as redisCommand, untilReplicating } from './redis-command.ts';
export { type RedisSentinel, startRedisSentinel } from './redis-sentinel.ts';
export type { Server } from './server.ts';
