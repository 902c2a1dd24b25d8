import type { ShowpadEvent } from '../events/event.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';

/** What `onError` and `onRejected` listeners learn next to the error. */
export interface ErrorInfo {
  readonly receiverName: string;
  readonly method: string | undefined;
  readonly url: string | undefined;
  /** The label of the key that matched, if it has one. */
  readonly keyLabel: string | undefined;
  /** Set if the delivery is authentic and could be read. */
  readonly event: ShowpadEvent | undefined;
  /** Set if handlers ran. */
  readonly attempt: number | undefined;
}

export type ErrorListener = (error: ShowpadWebhookError, info: ErrorInfo) => unknown;

/** Why no further attempt will come: the reasons are explained at `DeadLetter`. */
export type DeadLetterReason =
  | 'permanent'
  | 'attempts-exhausted'
  | 'handler-timeout'
  | 'invalid'
  | 'too-large'
  | 'not-stored';

/** An authentic delivery for which no further attempt will come. Store it: without an inbox nobody else keeps it. */
export interface DeadLetter extends ErrorInfo {
  /**
   * `permanent`: a handler threw a `PermanentError`. `attempts-exhausted`: Showpad's last retry failed or never came, or the
   * inbox's last attempt failed. `handler-timeout`: a handler never ended. `invalid`: the body is authentic but not an event.
   * `too-large`: the event is larger than `maxBodyBytes`, and is in the inbox as dead. `not-stored`: the inbox could not store
   * the event until Showpad no longer sent it, so nobody else keeps it.
   */
  readonly reason: DeadLetterReason;
  readonly error: ShowpadWebhookError;
  /** The exact bytes. Parse them with `parseEvent`, or deliver them again with `signedDelivery`. */
  readonly rawBody: Uint8Array;
  /** All names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly receivedAt: Date;
}

export type DeadLetterListener = (letter: DeadLetter) => unknown;
