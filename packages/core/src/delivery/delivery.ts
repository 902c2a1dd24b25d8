import type { ShowpadEvent } from '../events/event.ts';
import { readEvent } from '../events/read-event.ts';
import { ShowpadWebhookError } from '../shared/error.ts';
import type { WebhookRequest } from './request.ts';

/** One delivery as it arrived. */
export interface Delivery {
  readonly request: WebhookRequest;
  readonly receivedAtMs: number;
}

/** A delivery whose body was read. */
export interface ReadDelivery extends Delivery {
  readonly body: Uint8Array;
}

/** A delivery whose signature is right. */
export interface VerifiedDelivery extends ReadDelivery {
  readonly timestampSeconds: number;
  readonly keyLabel: string | undefined;
}

/** An authentic delivery whose event could be read. */
export interface EventDelivery extends VerifiedDelivery {
  readonly event: ShowpadEvent;
}

/** What is known of a delivery at some point of its way, for reports. */
export interface KnownDelivery extends Delivery, Partial<Omit<EventDelivery, keyof Delivery>> {}

/**
 * Reads the event of a delivery, or says why it is not an event. The fields are written out because V8 is slow to add
 * properties to an object that was spread.
 */
export function readEventOf(delivery: VerifiedDelivery): EventDelivery | ShowpadWebhookError {
  const { request, receivedAtMs, body, timestampSeconds, keyLabel } = delivery;
  const event = readEvent({ method: request.method, url: request.url, body });
  if (ShowpadWebhookError.isInstance(event)) return event;
  return { request, receivedAtMs, body, timestampSeconds, keyLabel, event };
}
