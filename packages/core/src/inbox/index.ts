export { isFinal } from '../error.ts';
export { backoffMs } from './backoff.ts';
export { exhausted, keptError, messageOf } from './failure.ts';
export { type InboxOptions, type InboxSettings, readInboxOptions } from './options.ts';
export type { ClaimedEntry, Holding, InboxStore, SettledOutcome } from './store.ts';
export { createStoreInbox, type StoreInboxOptions } from './store-inbox.ts';
