import type { ShowpadEvent } from '../events/event.ts';
import type { WebhookRequest } from './request.ts';

/** One delivery as it arrived. */
export interface Delivery {
  readonly request: WebhookRequest;
  readonly receivedAtMs: number;
}

/** A delivery whose signature is right. */
export interface VerifiedDelivery extends Delivery {
  readonly body: Uint8Array;
  readonly timestampSeconds: number;
  readonly keyLabel: string | undefined;
}

/** An authentic delivery whose event could be read. */
export interface EventDelivery extends VerifiedDelivery {
  readonly event: ShowpadEvent;
}

/** What is known of a delivery at some point of its way, for reports. */
export interface KnownDelivery extends Delivery, Partial<Omit<EventDelivery, keyof Delivery>> {
  readonly attempt?: number | undefined;
}
