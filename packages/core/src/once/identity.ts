import type { EventDelivery } from '../delivery/delivery.ts';
import type { ShowpadEvent } from '../events/event.ts';
import { ShowpadWebhookError } from '../shared/error.ts';
import { digestOf } from '../shared/hash.ts';
import { CODE_OF, type StoreName } from './errors.ts';

/** Two events with the same text are one event. */
export type Identify = (event: ShowpadEvent) => string;

export interface EventIdentity {
  readonly key: string;
  readonly bodyDigest: number;
}

/**
 * Makes the function that says which event a delivery brings.
 *
 * @param store names the one that keeps the identity, for the error if there is none.
 */
export function createIdentifier(
  identify: Identify | undefined,
  store: StoreName,
): (delivery: EventDelivery) => EventIdentity {
  if (!identify) return ({ event, body }) => ({ key: event.id, bodyDigest: digestOf(body) });
  return ({ event }) => {
    // An event that comes again under a new id has another body, so its body says nothing about a conflict.
    return { key: checked(() => identify(event), store), bodyDigest: 0 };
  };
}

/** @throws ShowpadWebhookError that becomes a 503, because without an identity the event can neither be handled nor dropped. */
function checked(identify: () => unknown, store: StoreName): string {
  let key: unknown;
  let cause: unknown;
  try {
    key = identify();
  } catch (thrown) {
    cause = thrown;
  }
  if (typeof key === 'string' && key !== '') return key;
  throw new ShowpadWebhookError(CODE_OF[store], 'The option "identify" returned no text for an event.', {
    hint: 'Return the same text each time the event comes, and event.id if nothing else is there. See error.cause.',
    cause,
  });
}
