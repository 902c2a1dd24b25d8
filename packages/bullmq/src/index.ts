export type { BullmqSource } from './backend.ts';
export { type BullmqInbox, type BullmqInboxOptions, createBullmqInbox } from './inbox.ts';
export { createRedisLedger, type RedisClient, type RedisLedger, type RedisLedgerOptions } from './ledger.ts';
export type { WaitReplicas } from './replicas.ts';
