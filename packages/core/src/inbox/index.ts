export { claimOf, type HandlerClaim, type StoreClaim } from '../handlers/context.ts';
export { eraseEntries } from './erase.ts';
export { INBOX_DEFAULTS, type InboxOptions } from './options.ts';
export { createPurger, type Purger } from './purger.ts';
export type { ClaimedEntry, Holding, InboxStore, SettledOutcome, StoreHealth } from './store.ts';
export { createStoreInbox, type StoreInboxOptions } from './store-inbox.ts';
export { bodyIsGone, checkTarget } from './target.ts';
export { timesOf } from './times.ts';
export type {
  EraseOptions,
  FailedAttempt,
  Inbox,
  InboxConsumer,
  InboxCounts,
  InboxEntry,
  InboxErasure,
  InboxError,
  InboxFailure,
  InboxHealth,
  InboxItem,
  InboxJob,
  InboxPage,
  InboxPutResult,
  InboxQuery,
  InboxState,
  InboxTarget,
} from './types.ts';
