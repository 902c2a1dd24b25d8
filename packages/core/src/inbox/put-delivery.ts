import { randomUUID } from 'node:crypto';
import type { EventDelivery, VerifiedDelivery } from '../delivery/delivery.ts';
import { callStore } from '../once/call-store.ts';
import { eventConflict } from '../once/errors.ts';
import { createIdentifier, type Identify } from '../once/identity.ts';
import type { DeadLetterReason } from '../reporting/listeners.ts';
import type { Reporter } from '../reporting/reporter.ts';
import { ShowpadWebhookError } from '../shared/error.ts';
import { entryOf, keptError } from './stored-delivery.ts';
import type { Inbox, InboxEntry, InboxError, InboxPutResult } from './types.ts';
import { UnstoredEvents } from './unstored-events.ts';

export interface DeliveryPutterOptions {
  readonly inbox: Inbox;
  readonly identify: Identify | undefined;
  /** A clock in ms that does not step. */
  readonly now: () => number;
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
  /** Settles what could not be stored and does not come again. Call it before the inbox is closed. */
  settleUnstored(): Promise<void>;
}

export function createDeliveryPutter(options: DeliveryPutterOptions): DeliveryPutter {
  const { inbox, now, reporter, isAccepting } = options;
  const identityOf = createIdentifier(options.identify, 'inbox');
  const unstored = new UnstoredEvents({ store, now, reporter });

  /** With an error, the entry is dead. */
  async function putEvent(
    delivery: EventDelivery,
    error: InboxError | undefined,
  ): Promise<'queued' | 'duplicate'> {
    const { key, bodyDigest } = identityOf(delivery);
    const { type } = delivery.event;
    const entry = { ...entryOf(delivery), id: key, bodyDigest, type, error };
    const result = await storeOrNote(entry, delivery);
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
    const outcome = await putEvent(delivery, keptError(error));
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
    await reporter.sendLetter(reason, error, delivery);
  }

  async function storeOrNote(entry: InboxEntry, delivery: EventDelivery): Promise<InboxPutResult> {
    try {
      const result = await store(entry);
      unstored.delete(entry.id);
      return result;
    } catch (error) {
      unstored.add(entry, delivery, error as ShowpadWebhookError);
      throw error;
    }
  }

  async function store(entry: InboxEntry): Promise<InboxPutResult> {
    if (!isAccepting()) throw notStarted();
    return callStore('inbox', 'put', () => inbox.put(entry));
  }

  return {
    put: (delivery) => putEvent(delivery, undefined),
    putInvalid,
    putTooLarge,
    settleUnstored: () => unstored.close(),
  };
}

function notStarted(): ShowpadWebhookError {
  return new ShowpadWebhookError('INBOX_FAILED', 'The receiver has an inbox, and start() was not called.', {
    hint: 'Call receiver.start() when all handlers are registered.',
  });
}
