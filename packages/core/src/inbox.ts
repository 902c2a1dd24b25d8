import type { ShowpadWebhookError } from './error.ts';
import type { MaybePromise } from './promise.ts';

/**
 * Keeps deliveries from the moment they are known to be authentic until their handlers are done: they are
 * stored durably before the answer, and handled from there, with retries of their own. An entry's way:
 * `pending → leased → done`, or after a failure `pending` again, later, and in the end `dead`; `retry` makes
 * `dead` and `done` entries pending once more.
 *
 * An inbox belongs to the receiver of the same `name`. Run `inboxConformance` of
 * `@showpad-webhooks/core/testing` on one of yours, or build it from a store of few calls by
 * `createStoreInbox` of `@showpad-webhooks/core/inbox`.
 */
export interface Inbox {
  /** The name of the one receiver whose deliveries it keeps. */
  readonly name: string;
  /** Resolves when the entry is stored durably, or was before. Called with a deadline of 2.5 s. */
  put(entry: InboxEntry): MaybePromise<PutResult>;
  /** Begins to hand entries to the consumer. Rejects where the store can't be reached. */
  start(consumer: InboxConsumer): MaybePromise<void>;
  /** Takes no new entry, and waits for those at work; after `timeoutMs` their signals abort. */
  stop(options: { readonly timeoutMs: number }): Promise<void>;
  /** Entries of one state, the latest first: by when they came, are due, or were done. */
  list(query?: InboxQuery): Promise<InboxPage>;
  /** How many entries there are in each state. */
  counts(): Promise<InboxCounts>;
  /**
   * Makes `dead` and `done` entries pending, due now, with all their attempts before them. Of a dead entry only
   * the handlers run that had not succeeded; of a done one, all. Resolves to how many.
   */
  retry(target: InboxTarget): Promise<number>;
  /** Deletes `dead`, `done` and `pending` entries. A discarded event that Showpad sends again is new. Resolves to how many. */
  discard(target: InboxTarget): Promise<number>;
  /** Deletes what was done or dead for longer than the inbox keeps it. Happens by itself too. Resolves to how many. */
  purge(): Promise<number>;
  /** Whether the store can be reached, how far handling is behind, and what about its settings is not durable. */
  health(): Promise<InboxHealth>;
}

/** What is stored of a delivery. */
export interface InboxEntry {
  /** The event's id: of any length and any characters, so hash it where that matters. */
  readonly id: string;
  readonly type: string;
  /** The exact bytes. Store them as bytes, or base64: as JSON or text they would not all survive. */
  readonly body: Uint8Array;
  /** A 31-bit digest of the body, to notice one id with two bodies. */
  readonly bodyDigest: number;
  readonly method: string;
  readonly url: string | undefined;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampSeconds: number;
  readonly keyLabel: string | undefined;
  /** Unix time. */
  readonly receivedAtMs: number;
  /** Set where the body is no event: the entry begins, and ends, as dead. */
  readonly error: InboxError | undefined;
}

/** `isConflict`: the id is stored with another body. */
export type PutResult = 'stored' | { readonly isConflict: boolean };

export interface InboxError {
  readonly code: string;
  readonly message: string;
}

/** The receiver, as an inbox sees it. */
export interface InboxConsumer {
  /** Runs the handlers. Never rejects: resolves to what went wrong, if anything did. `isFinal` tells whether a retry may help. */
  process(job: InboxJob): Promise<ShowpadWebhookError | undefined>;
  /** Told when an entry is dead. */
  onDead(job: InboxJob, error: ShowpadWebhookError): void;
  /** Told what the inbox could not do in the background. */
  onTrouble(operation: string, cause: unknown): void;
}

/** One entry at work. */
export interface InboxJob extends InboxEntry {
  /** 1 for the first, counted when it is claimed: an event that kills the process counts too. */
  readonly attempt: number;
  /** Names of the handlers that are done. */
  readonly done: readonly string[];
  /** Aborts when the inbox stops and no longer waits, or the entry is another holder's. Until then the inbox keeps it for this one. */
  readonly signal: AbortSignal;
  /** Notes a handler as done. False: the entry is another holder's now. */
  checkpoint(handler: string): MaybePromise<boolean>;
}

export type InboxState = 'pending' | 'leased' | 'done' | 'dead';

export interface InboxQuery {
  /** Default: `dead`. */
  readonly state?: InboxState;
  /** The one entry of this event, in whatever state. */
  readonly id?: string;
  /** Default 100. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

/** One event, or all that are dead, or all that are done. */
export type InboxTarget = { readonly id: string } | { readonly state: 'dead' | 'done' };

export interface InboxPage {
  readonly items: readonly InboxItem[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

export interface InboxItem extends Omit<InboxEntry, 'body'> {
  /** Only of the one entry that was asked for by its id. */
  readonly body?: Uint8Array | undefined;
  readonly bodyBytes: number;
  readonly state: InboxState;
  readonly attempt: number;
  /** How often it was retried by hand. */
  readonly generation: number;
  readonly done: readonly string[];
  /** When a pending entry is due, a lease ends, or when the entry was done or dead. Unix time. */
  readonly atMs: number;
}

export type InboxCounts = Readonly<Record<InboxState, number>>;

export interface InboxHealth {
  readonly isReachable: boolean;
  /** How long the entry that waits longest has been due. 0 where none waits. */
  readonly lagMs: number;
  /** What would lose events, or what can't be reached, in plain words. */
  readonly problems: readonly string[];
}
