import { randomUUID } from 'node:crypto';
import type { EventDelivery, VerifiedDelivery } from '../delivery/delivery.ts';
import { callStore } from '../once/call-store.ts';
import { eventConflict } from '../once/errors.ts';
import { createIdentifier, type Identify } from '../once/identity.ts';
import type { DeadLetterReason } from '../reporting/listeners.ts';
import type { Reporter } from '../reporting/reporter.ts';
import { ShowpadWebhookError } from '../shared/error.ts';
import { entryOf, keptError } from './stored-delivery.ts';
import type { Inbox, InboxEntry } from './types.ts';

export interface DeliveryPutterOptions {
  readonly inbox: Inbox;
  readonly identify: Identify | undefined;
  readonly reporter: Reporter;
  readonly isAccepting: () => boolean;
}

/** Stores deliveries in an inbox. */
export interface DeliveryPutter {
  /** Stores a delivery with an event. */
  put(delivery: EventDelivery): Promise<'queued' | 'duplicate'>;
  /** Stores an authentic delivery that is not an event, as a dead entry. */
  putInvalid(delivery: VerifiedDelivery, error: ShowpadWebhookError): Promise<'queued'>;
  /** Stores an event above `maxBodyBytes`, as a dead entry. */
  putTooLarge(delivery: EventDelivery, error: ShowpadWebhookError): Promise<'queued' | 'duplicate'>;
}

export function createDeliveryPutter(options: DeliveryPutterOptions): DeliveryPutter {
  const { inbox, reporter, isAccepting } = options;
  const identityOf = createIdentifier(options.identify, 'inbox');

  async function put(delivery: EventDelivery, error?: ShowpadWebhookError): Promise<'queued' | 'duplicate'> {
    const { key, bodyDigest } = identityOf(delivery);
    const { type } = delivery.event;
    const result = await store({
      ...entryOf(delivery),
      id: key,
      bodyDigest,
      type,
      error: error && keptError(error),
    });
    if (result === 'stored') return 'queued';
    if (result.isConflict) reporter.report(eventConflict(), delivery);
    return 'duplicate';
  }

  async function putInvalid(delivery: VerifiedDelivery, error: ShowpadWebhookError): Promise<'queued'> {
    await store({ ...entryOf(delivery), id: `invalid:${randomUUID()}`, error: keptError(error) });
    await reportDead('invalid', error, delivery);
    return 'queued';
  }

  async function putTooLarge(
    delivery: EventDelivery,
    error: ShowpadWebhookError,
  ): Promise<'queued' | 'duplicate'> {
    const outcome = await put(delivery, error);
    if (outcome === 'queued') await reportDead('too-large', error, delivery);
    return outcome;
  }

  /** The inbox has kept the entry already, so a listener that fails changes nothing and is only reported. */
  async function reportDead(
    reason: DeadLetterReason,
    error: ShowpadWebhookError,
    delivery: VerifiedDelivery,
  ): Promise<void> {
    reporter.report(error, delivery);
    const unkept = await reporter.deadLetter(reason, error, delivery);
    if (unkept) reporter.report(unkept, delivery);
  }

  async function store(entry: InboxEntry) {
    if (!isAccepting()) throw notStarted();
    return callStore('inbox', 'put', () => inbox.put(entry));
  }

  return { put: (delivery) => put(delivery), putInvalid, putTooLarge };
}

function notStarted(): ShowpadWebhookError {
  return new ShowpadWebhookError('INBOX_FAILED', 'The receiver has an inbox, and start() was not called.', {
    hint: 'Call receiver.start() when all handlers are registered.',
  });
}
