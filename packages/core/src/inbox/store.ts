import type { MaybePromise } from '../shared/promise.ts';
import type {
  FailedAttempt,
  InboxCounts,
  InboxEntry,
  InboxError,
  InboxPage,
  InboxPutResult,
  InboxQuery,
  InboxState,
  InboxTarget,
} from './types.ts';

/**
 * Keeps the entries of an inbox that `createStoreInbox` makes. It is a table with a few atomic calls, and each call is durable
 * when it returns or resolves. All times are in ms and come from the clock of the inbox, so that every store can be tested with
 * a clock that stands still. `list` gives the same times, and the inbox makes unix time of them. Run `inboxStoreConformance` of `@showpad-webhooks/core/testing` on your own store.
 */
export interface InboxStore {
  /** Adds an entry that is due now, or dead if it has an error. If its id is there already, in any state, nothing changes. */
  put(entry: InboxEntry, request: { readonly nowMs: number }): MaybePromise<InboxPutResult>;
  /**
   * As `put` and then `claim` of this entry alone, in one write. It is called if a place is free and nothing older waits, and
   * never for an entry with an error. Without it every entry is claimed.
   */
  putClaimed?(
    entry: InboxEntry,
    request: { readonly nowMs: number; readonly leaseMs: number },
  ): MaybePromise<Pick<Holding, 'fence'> | Exclude<InboxPutResult, 'stored'>>;
  /**
   * Leases up to `limit` entries that are due, those that are due longest first: pending entries, and leased ones whose lease
   * is over. Each gets one more attempt, and a fence that no claim of its id had before; all of one call may have the same. The
   * entries in `exceptIds` are left out: the process that asks is handling them. An entry that cannot be read becomes dead and is
   * left out too.
   */
  claim(request: {
    readonly limit: number;
    readonly leaseMs: number;
    readonly nowMs: number;
    readonly exceptIds: readonly string[];
  }): MaybePromise<readonly ClaimedEntry[]>;
  /** Renews a lease and, if a handler is named, notes that it is done. False: the entry is not leased with this fence. */
  checkpoint(
    holding: Holding,
    update: { readonly handlerName?: string | undefined; readonly leaseMs: number; readonly nowMs: number },
  ): MaybePromise<boolean>;
  /** Ends a lease. False: the entry is not leased with this fence, and nothing changes. */
  settle(holding: Holding, outcome: SettledOutcome): MaybePromise<boolean>;
  /** When the next entry is due or the next lease ends, without those in `exceptIds`. Undefined if no entry waits. */
  nextDueMs(request: { readonly exceptIds: readonly string[] }): MaybePromise<number | undefined>;
  /** Sets the time at which entries are due, or their leases end, to `toMs` if it is after `afterMs`. For at most `limit`. */
  bringForward(request: {
    readonly state: 'pending' | 'leased';
    readonly afterMs: number;
    readonly toMs: number;
    readonly limit: number;
  }): MaybePromise<number>;
  /** As `Inbox.list`. */
  list(query: InboxQuery): MaybePromise<InboxPage>;
  /** As `Inbox.counts`. */
  counts(): MaybePromise<InboxCounts>;
  /** As `Inbox.retry`, for at most `limit` entries. Done entries without a body stay as they are, and are not counted. */
  retry(
    target: InboxTarget,
    request: { readonly nowMs: number; readonly limit: number },
  ): MaybePromise<number>;
  /** As `Inbox.discard`, for at most `limit` entries. */
  discard(target: InboxTarget, request: { readonly limit: number }): MaybePromise<number>;
  /**
   * Erases an entry: only a hash of its id, its type and its time stay, and it becomes done. Returns the state that it was in,
   * or undefined if there is none. A leased entry stays as it is.
   */
  erase(id: string, request: { readonly nowMs: number }): MaybePromise<InboxState | undefined>;
  /** As `Inbox.addDone`. */
  addDone(id: string, handlerName: string): MaybePromise<boolean>;
  /** Deletes at most `limit` entries that were done, or dead, before `beforeMs`. */
  purge(request: {
    readonly state: 'done' | 'dead';
    readonly beforeMs: number;
    readonly limit: number;
  }): MaybePromise<number>;
  /** Calls `wake` whenever another process may have stored an entry, until the store is closed. Without it the inbox only polls. */
  listen?(wake: () => void): void;
  /** Says whether entries can be stored, and what could lose an acknowledged entry or stop entries from being stored. */
  health(): MaybePromise<StoreHealth>;
  close(): MaybePromise<void>;
}

export interface StoreHealth {
  /** False if the latest entries could not be stored, or if the store is not where it was. */
  readonly isWritable: boolean;
  /** What is wrong, in plain words. */
  readonly problems: readonly string[];
}

/** Proves who holds an entry. */
export interface Holding {
  readonly id: string;
  readonly fence: number;
}

export interface ClaimedEntry extends InboxEntry {
  readonly fence: number;
  readonly attempt: number;
  /** How often the entry was retried by hand. */
  readonly generation: number;
  readonly done: readonly string[];
  readonly failures: readonly FailedAttempt[];
}

export type SettledOutcome =
  /** Unless `keepBody` is true, the body is deleted. */
  | { readonly state: 'done'; readonly nowMs: number; readonly keepBody: boolean }
  | (Failed & { readonly state: 'pending'; readonly nowMs: number; readonly dueMs: number })
  | (Failed & { readonly state: 'dead'; readonly nowMs: number });

interface Failed {
  readonly error: InboxError;
  /** All failed attempts that are kept, including this one. */
  readonly failures: readonly FailedAttempt[];
}
