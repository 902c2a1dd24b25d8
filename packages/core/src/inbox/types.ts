import type { StoreClaim } from '../handlers/context.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import type { MaybePromise } from '../shared/promise.ts';

/**
 * Keeps deliveries from the moment they are known to be authentic until their handlers are done. They are stored durably
 * before the response and handled from there, with retries. An entry goes `pending → leased → done`; after a failure it is
 * `pending` again, until it is `dead`. `retry` makes `dead` and `done` entries pending once more. A done entry gives its body
 * back, so that events of the past never fill a store that new events need.
 *
 * An inbox belongs to one receiver, which takes its name. Run `inboxConformance` of `@showpad-webhooks/core/testing` on your
 * own inbox, or build one with `createStoreInbox` of `@showpad-webhooks/core/inbox` from a store with a few calls.
 */
export interface Inbox {
  /** The name of the receiver whose deliveries it keeps. */
  readonly name: string;
  /** Resolves when the entry is stored durably, or was stored before. It is called with a deadline of 2.5 s. */
  put(entry: InboxEntry): MaybePromise<InboxPutResult>;
  /** Begins to hand entries to the consumer. Rejects if the store cannot be reached. */
  start(consumer: InboxConsumer): MaybePromise<void>;
  /**
   * Takes no more entries, waits for those that are being handled, and closes the store. After `timeoutMs` (default 10,000)
   * it aborts their signals and no longer waits. A second call does nothing.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
  /**
   * Lists the entries of one state, the latest first: by when they arrived, are due, or were settled. Rejects with a TypeError
   * for an unknown option, as `erase` does.
   */
  list(query?: InboxQuery): Promise<InboxPage>;
  /** Counts the entries of each state. */
  counts(): Promise<InboxCounts>;
  /**
   * Makes `dead` and `done` entries pending and due now, with all their attempts ahead of them. For a dead entry, only the
   * handlers that had not succeeded run again, and for a done one, all of them. Resolves to the number of entries.
   *
   * A done entry can be retried only if its body was kept, see `keepDoneBodies`. Rejects with an Error if nothing can be
   * retried because the bodies are gone, and with a TypeError for any other target.
   */
  retry(target: InboxTarget): Promise<number>;
  /**
   * Deletes all `dead` or all `done` entries, or the one of an event that is `dead`, `done` or `pending`. If Showpad sends a
   * discarded event again, it is new. Resolves to the number of entries. Rejects with a TypeError for any other target:
   * all pending entries at once would be events that were acknowledged and never handled.
   */
  discard(target: InboxTarget): Promise<number>;
  /**
   * Erases what is stored of a person: of each entry that the predicate means, only the hash of its event id, its type and its
   * time stay. It counts as done, so the event is not handled if it comes again. The predicate gets every entry, with its body
   * if there is one. If it throws, the call rejects, and what was erased until then stays erased.
   *
   * Entries that are being handled are not erased. The receipt names them: erase again when they are done.
   */
  erase(
    predicate: (entry: InboxItem) => MaybePromise<boolean>,
    options?: EraseOptions,
  ): Promise<InboxErasure>;
  /** Notes that a handler is done for an event that is `dead` or `done`. Resolves to false if there is no such entry. */
  addDone(id: string, handlerName: string): Promise<boolean>;
  /**
   * Deletes what was done or dead for longer than the inbox keeps it. It also happens by itself. Resolves to the number of
   * entries.
   */
  purge(): Promise<number>;
  /** Says whether the store works, how late handling is, and what could lose events or stop them from being stored. */
  health(): Promise<InboxHealth>;
}

/** What is stored of a delivery. */
export interface InboxEntry {
  /** The event's id. It has any length and any characters: hash it if that matters. */
  readonly id: string;
  readonly type: string;
  /** The exact bytes. Store them as bytes or base64, because not every body survives as JSON or text. */
  readonly body: Uint8Array;
  /** A 31-bit digest of the body, to notice that one id comes with two bodies. */
  readonly bodyDigest: number;
  readonly method: string;
  readonly url: string | undefined;
  /** All names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampSeconds: number;
  readonly keyLabel: string | undefined;
  /** Unix time in ms. */
  readonly receivedAtMs: number;
  /** Set if the body is not an event, or is larger than "maxBodyBytes". Then the entry is dead from the start. */
  readonly error: InboxError | undefined;
}

/** `isConflict` is true if the id is stored with another body. */
export type InboxPutResult = 'stored' | { readonly isConflict: boolean };

export interface InboxError {
  readonly code: string;
  readonly message: string;
  /** The handler that threw, if one did. */
  readonly handlerName?: string | undefined;
}

/** An attempt that failed. */
export interface FailedAttempt extends InboxError {
  /** The number of the attempt. After a retry by hand they begin at 1 again. */
  readonly attempt: number;
  /** How often the entry had been retried by hand. */
  readonly generation: number;
  /** Unix time in ms. */
  readonly startedAtMs: number;
  /** Unix time in ms. */
  readonly endedAtMs: number;
}

/** The receiver, as an inbox sees it. */
export interface InboxConsumer {
  /** Runs the handlers of an entry. It never rejects, and resolves to what went wrong, if anything did. */
  process(job: InboxJob): Promise<InboxFailure | undefined>;
  /** Call this when an entry has become dead. */
  onDead(job: InboxJob, failure: InboxFailure): void;
  /**
   * Call this with what the inbox could not do in the background. At the start, call it with the operation `check durability` and
   * an Error for each problem that could lose events. Its message says what to do.
   */
  onError(operation: string, cause: unknown): void;
}

/** Why an attempt failed. */
export interface InboxFailure {
  readonly error: ShowpadWebhookError;
  /** True if no further attempt can help: the entry becomes dead at once. */
  readonly isFinal: boolean;
  /** How long to wait before the next attempt, at least, because a handler asks for it. In ms, and at most an hour. */
  readonly retryAfterMs?: number | undefined;
  /** What to store of the error, for whoever looks at the entry later. */
  readonly kept: InboxError;
}

/** One entry that is being handled. */
export interface InboxJob extends InboxEntry {
  /** The number of the attempt, from 1. It is counted when the entry is claimed, so an event that kills the process counts too. */
  readonly attempt: number;
  /** True if more attempts were started than the inbox allows, because the process ended in each. Then no handler runs. */
  readonly isExhausted: boolean;
  /** The names of the handlers that are done. */
  readonly done: readonly string[];
  /** Aborts when the inbox closes and no longer waits, or when another process has taken the entry over. */
  readonly signal: AbortSignal;
  /** Connects a handler's context to the store. Only an inbox that `createStoreInbox` made has it. */
  readonly claim?: StoreClaim | undefined;
  /** Notes that a handler is done. False: another process has taken the entry over. */
  checkpoint(handlerName: string): MaybePromise<boolean>;
}

export type InboxState = 'pending' | 'leased' | 'done' | 'dead';

export interface InboxQuery {
  /** Default: `dead`. */
  readonly state?: InboxState;
  /** Find only the entry of this event, in whatever state it is. */
  readonly id?: string;
  /** Default 100. */
  readonly limit?: number;
  /** The `next` of the previous page. */
  readonly cursor?: string | undefined;
}

/** One event, or all dead entries, or all done ones. */
export type InboxTarget = { readonly id: string } | { readonly state: 'dead' | 'done' };

export interface EraseOptions {
  /** Only counts what would be erased. Default false. */
  readonly isDryRun?: boolean | undefined;
}

/** The receipt of an erasure: how many entries were meant, by the state that they were in. All but the leased ones were erased. */
export interface InboxErasure extends InboxCounts {
  /** The ids of the leased ones: the app is handling them. */
  readonly running: readonly string[];
}

export interface InboxPage {
  readonly items: readonly InboxItem[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

export interface InboxItem extends Omit<InboxEntry, 'body'> {
  /** Set only if the entry was asked for by its id and has its body. */
  readonly body?: Uint8Array | undefined;
  /** The size of the body, also after the body is gone. */
  readonly bodyBytes: number;
  /** False if the entry is done and its body was deleted, so that it cannot be retried. */
  readonly hasBody: boolean;
  /** True if only a hash of the event's id is left, and `id` is the place of the entry in the store. */
  readonly isErased?: boolean | undefined;
  readonly state: InboxState;
  readonly attempt: number;
  /** How often the entry was retried by hand. */
  readonly generation: number;
  readonly done: readonly string[];
  /**
   * The latest 20 attempts that failed, the oldest first, also those before a retry by hand. `attemptsOf` of
   * `@showpad-webhooks/core/operations` finds the other ones, such as those whose process died.
   */
  readonly failures: readonly FailedAttempt[];
  /** When a `pending` entry is due. Unix time in ms. */
  readonly dueAtMs?: number | undefined;
  /** When the lease of a `leased` entry ends, unless it is renewed. Unix time in ms. */
  readonly leasedUntilMs?: number | undefined;
  /** When a `done` or `dead` entry came to its end. Unix time in ms. */
  readonly settledAtMs?: number | undefined;
}

export type InboxCounts = Readonly<Record<InboxState, number>>;

export interface InboxHealth {
  /** False if the store cannot be read. */
  readonly isReachable: boolean;
  /** False if nothing can be stored, because the latest entries could not be, or the store is not where it was. */
  readonly isWritable?: boolean | undefined;
  /** How long the entry that waits longest has been due, in ms. It is 0 if none waits. */
  readonly lagMs: number;
  /** What could lose events, or stops them from being stored or handled, or soon will, in plain words. */
  readonly problems: readonly string[];
}
