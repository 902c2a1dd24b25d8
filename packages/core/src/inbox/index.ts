export { claimOf, type HandlerClaim, type StoreClaim } from '../handlers/context.ts';
export { INBOX_DEFAULTS, type InboxOptions } from './options.ts';
export type { ClaimedEntry, Holding, InboxStore, SettledOutcome, StoreHealth } from './store.ts';
export { createStoreInbox, type StoreInboxOptions } from './store-inbox.ts';
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
