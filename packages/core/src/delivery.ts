import type { DeliveryContext } from './context.ts';
import type { ShowpadWebhookError } from './error.ts';
import type { EventMap, ShowpadEvent } from './event.ts';
import type { PreparedKey } from './keys.ts';
import type { WebhookRequest } from './request.ts';

/** One delivery on its way through the receiver: what is known of it so far. */
export interface Delivery {
  readonly request: WebhookRequest;
  readonly receivedAtMs: number;
  /** Once read. */
  body?: Uint8Array;
  /** Those that were tried. */
  keys?: readonly PreparedKey[];
  /** Once verified, as all that follows. */
  timestampSeconds?: number;
  keyLabel?: string | undefined;
  event?: ShowpadEvent;
  context?: DeliveryContext;
  /** The handlers at work; it may outlive the answer. */
  running?: Promise<void>;
}

/** A delivery whose signature holds and whose event could be read. */
export type AuthenticDelivery = Delivery &
  Required<Pick<Delivery, 'body' | 'timestampSeconds' | 'event' | 'context'>>;

/** What `onError` and `onRejected` listeners learn beside the error. */
export interface DeliveryInfo<Events extends EventMap> {
  readonly receiver: string;
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly keyLabel: string | undefined;
  /** Where the delivery was authentic and could be read. */
  readonly event: ShowpadEvent<Events> | undefined;
  readonly attempt: number | undefined;
}

export type ErrorListener<Events extends EventMap> = (
  error: ShowpadWebhookError,
  info: DeliveryInfo<Events>,
) => unknown;

/** An authentic delivery for which no further attempt will come. Store it: without an inbox nobody else keeps it. */
export interface DeadLetter<Events extends EventMap> extends DeliveryInfo<Events> {
  /** A `PermanentError`; the last attempt failed, Showpad's fourth or the inbox's last; or an authentic body that is no event. */
  readonly reason: 'permanent' | 'attempts-exhausted' | 'invalid';
  readonly error: ShowpadWebhookError;
  /** The exact bytes, to be parsed with `parseEvent` or delivered again with `signedDelivery`. */
  readonly rawBody: Uint8Array;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly receivedAt: Date;
}

export type DeadLetterListener<Events extends EventMap> = (letter: DeadLetter<Events>) => unknown;
