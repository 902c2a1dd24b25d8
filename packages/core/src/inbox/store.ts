import type {
  InboxCounts,
  InboxEntry,
  InboxError,
  InboxPage,
  InboxQuery,
  InboxTarget,
  PutResult,
} from '../inbox.ts';
import type { MaybePromise } from '../promise.ts';

/**
 * Where `createStoreInbox` keeps its entries: a table with a few atomic calls, each durable when it returns or
 * resolves. All times are unix time in ms and come from the inbox, so that every store can be tested with a
 * clock that stands still: run `inboxStoreConformance` of `@showpad-webhooks/core/testing` on yours.
 *
 * `list` and `counts` are as in `Inbox`.
 */
export interface InboxStore {
  /** Adds an entry, due at once, or dead where it has an error; unless one of its id is there, in any state. */
  put(entry: InboxEntry): MaybePromise<PutResult>;
  /**
   * Leases up to `limit` entries that are due, the longest due first: pending ones, and leased ones whose lease
   * is over. Each gets a higher fence than any before it, and one attempt more.
   */
  claim(request: {
    readonly limit: number;
    readonly leaseMs: number;
    readonly nowMs: number;
  }): MaybePromise<readonly ClaimedEntry[]>;
  /** Renews a lease, and notes a handler as done. False: the fence is not the entry's last, or it is not leased. */
  checkpoint(
    holding: Holding,
    update: { readonly handler?: string | undefined; readonly leaseMs: number; readonly nowMs: number },
  ): MaybePromise<boolean>;
  /** Ends a lease. False, and nothing changes, as for `checkpoint`. */
  settle(holding: Holding, outcome: SettledOutcome): MaybePromise<boolean>;
  /** When the next entry is due, or a lease ends; undefined where none waits. */
  nextDueMs(): MaybePromise<number | undefined>;
  list(query: InboxQuery): MaybePromise<InboxPage>;
  counts(): MaybePromise<InboxCounts>;
  /** As `Inbox.retry`, for at most `limit` entries. */
  retry(
    target: InboxTarget,
    request: { readonly nowMs: number; readonly limit: number },
  ): MaybePromise<number>;
  /** As `Inbox.discard`, for at most `limit` entries. */
  discard(target: InboxTarget, request: { readonly limit: number }): MaybePromise<number>;
  /** Deletes at most `limit` entries that were done, or dead, before a time. */
  purge(request: {
    readonly state: 'done' | 'dead';
    readonly beforeMs: number;
    readonly limit: number;
  }): MaybePromise<number>;
  /** What about the store's settings could lose an acknowledged entry. */
  problems(): MaybePromise<readonly string[]>;
  close(): MaybePromise<void>;
}

/** A holder's proof. */
export interface Holding {
  readonly id: string;
  readonly fence: number;
}

export interface ClaimedEntry extends InboxEntry {
  readonly fence: number;
  readonly attempt: number;
  readonly done: readonly string[];
}

export type SettledOutcome =
  | { readonly state: 'done'; readonly nowMs: number }
  | { readonly state: 'pending'; readonly nowMs: number; readonly dueMs: number; readonly error: InboxError }
  | { readonly state: 'dead'; readonly nowMs: number; readonly error: InboxError };
