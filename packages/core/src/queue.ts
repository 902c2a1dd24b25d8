import { randomUUID } from 'node:crypto';
import { DeliveryContext } from './context.ts';
import type { AuthenticDelivery, Delivery } from './delivery.ts';
import { logDelivery } from './diagnostics/log-delivery.ts';
import { isFinal, ShowpadWebhookError, toWebhookError } from './error.ts';
import { callStore, conflict, digest, runInTime } from './handle-once.ts';
import type { HandlerRegistry } from './handlers.ts';
import { plainHeaders } from './headers.ts';
import type { Inbox, InboxConsumer, InboxHealth, InboxJob } from './inbox.ts';
import { type Ledger, noLedger } from './ledger.ts';
import type { Listeners } from './listeners.ts';
import type { Settings } from './options.ts';
import { readEvent } from './read-event.ts';
import { failureOutcome, type Outcome } from './response.ts';

/** Between a receiver and its inbox. A module of its own, which apps without an inbox never load. */
export interface Queue {
  /** Stores an authentic delivery: as a dead one where its body is no event. */
  put(delivery: Delivery, invalid?: unknown): Promise<'queued' | 'duplicate'>;
  start(): Promise<void>;
  stop(options: { readonly timeoutMs: number }): Promise<void>;
  /** Whether it stores what comes: it was started, or has no handlers and stores for another process. */
  isTaking(): boolean;
  health(): Promise<InboxHealth>;
}

export function createQueue(
  inbox: Inbox,
  settings: Settings,
  registry: HandlerRegistry,
  listeners: Listeners,
): Queue {
  let starting: Promise<void> | undefined;
  const isTaking = () => starting !== undefined || registry.isEmpty;

  async function put(delivery: Delivery, invalid?: unknown): Promise<'queued' | 'duplicate'> {
    if (!isTaking()) throw notStarted();
    const { request, event, keyLabel, receivedAtMs } = delivery;
    const { body, timestampSeconds } = delivery as AuthenticDelivery;
    const error = invalid === undefined ? undefined : toWebhookError(invalid);
    const entry = {
      id: event?.id ?? `invalid:${randomUUID()}`,
      type: event?.type ?? '',
      body,
      bodyDigest: digest(body),
      method: request.method,
      url: request.url,
      headers: plainHeaders(request.headers),
      timestampSeconds,
      keyLabel,
      receivedAtMs,
      error: error && { code: error.code, message: error.message },
    };
    const result = await callStore('inbox', 'put', () => inbox.put(entry));
    if (error) {
      listeners.report(error, delivery);
      // It is kept already: a listener that fails changes nothing.
      await listeners.guard(() => listeners.deadLetter('invalid', error, delivery));
    }
    if (result === 'stored') return 'queued';
    if (result.isConflict) listeners.report(conflict(), delivery);
    return 'duplicate';
  }

  function toDelivery({ method, url, headers, ...job }: InboxJob): Delivery {
    const request = { method, headers, body: job.body, ...(url !== undefined && { url }) };
    const delivery: Delivery = { ...job, request };
    delivery.context = Object.assign(new DeliveryContext(delivery, settings), { attempt: job.attempt });
    return delivery;
  }

  async function handle(delivery: Delivery, job: InboxJob): Promise<void> {
    const event = await readEvent(delivery.request, job.body);
    delivery.event = event;
    const ledger: Ledger = {
      ...noLedger,
      // Always with a handler: the inbox itself renews.
      checkpoint: (_claim, { handler = '' }) => job.checkpoint(handler),
    };
    const work = {
      delivery: delivery as AuthenticDelivery,
      handlers: registry.find(event.type),
      settings: { ...settings, ledger },
      listeners,
      isQueued: true,
    };
    job.signal.addEventListener('abort', () => delivery.context?.abort());
    const held = { key: job.id, fence: 0, attempt: job.attempt, done: job.done };
    await runInTime(work, held);
  }

  function log(delivery: Delivery, outcome: Outcome, error?: ShowpadWebhookError): void {
    void listeners.guard(() => logDelivery(settings, delivery, { outcome, error }));
  }

  const consumer: InboxConsumer = {
    async process(job) {
      const delivery = toDelivery(job);
      try {
        await handle(delivery, job);
        log(delivery, 'handled');
        return undefined;
      } catch (thrown) {
        const error = toWebhookError(thrown);
        listeners.report(error, delivery);
        log(delivery, failureOutcome(error.code), error);
        return error;
      }
    },

    onDead(job, error) {
      const isInvalid = error.code.endsWith('_INVALID');
      const reason = isInvalid ? 'invalid' : isFinal(error) ? 'permanent' : 'attempts-exhausted';
      void listeners.guard(async () => {
        const delivery = toDelivery(job);
        if (!isInvalid) delivery.event = await readEvent(delivery.request, job.body);
        return listeners.deadLetter(reason, error, delivery);
      });
    },

    onTrouble(operation, cause) {
      const trouble = async () => callStore('inbox', operation, () => Promise.reject(cause));
      void trouble().catch((error) => listeners.report(error));
    },
  };

  return {
    put,
    start() {
      starting ??= (async () => inbox.start(consumer))().catch((error) => {
        starting = undefined; // so that it can be called again
        throw error;
      });
      return starting;
    },
    stop: (options) => inbox.stop(options),
    isTaking,
    health: async () => inbox.health(),
  };
}

function notStarted(): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'INBOX_FAILED',
    'the receiver has an inbox and was not started',
    'Call receiver.start() when all handlers are registered.',
  );
}
