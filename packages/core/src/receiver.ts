import { DeliveryContext } from './context.ts';
import type { AuthenticDelivery, DeadLetterListener, Delivery, ErrorListener } from './delivery.ts';
import { diagnose } from './diagnose.ts';
import type { ReceiverHealth } from './diagnostics/health.ts';
import { ShowpadWebhookError, toWebhookError } from './error.ts';
import type { EventEnvelope, EventMap, EventOf, ShowpadEvent } from './event.ts';
import type { ShowpadEventMap } from './event-map.ts';
import { handleOnce } from './handle-once.ts';
import { ANY, type Handler, type HandlerOptions, HandlerRegistry, UNKNOWN } from './handlers.ts';
import { Listeners } from './listeners.ts';
import { silentLogger } from './logger.ts';
import { type ReceiverOptions, readOptions } from './options.ts';
import { isPromise, type MaybePromise, setTimer, whenDone } from './promise.ts';
import { readEvent } from './read-event.ts';
import { checkBody, checkHead, unreadable, type WebhookRequest } from './request.ts';
import {
  failureOutcome,
  failureResponse,
  type Outcome,
  type SuccessOutcome,
  successResponse,
  type WebhookResponse,
} from './response.ts';
import type { EventSchemas, WithSchemas } from './schema.ts';
import { matchKey, readSignedHeaders } from './signature.ts';

/** What became of a delivery, and the answer to write. */
export interface Receipt<Events extends EventMap = ShowpadEventMap> {
  readonly outcome: Outcome;
  readonly response: WebhookResponse;
  /** Present where the delivery was authentic and could be read. */
  readonly event?: ShowpadEvent<Events> | undefined;
  readonly error?: ShowpadWebhookError | undefined;
  /** Label of the key that matched, where it has one: when an old key's label no longer comes, the key can go. */
  readonly keyLabel?: string | undefined;
}

export interface Receiver<Events extends EventMap = ShowpadEventMap> {
  readonly name: string;
  /** Handles one type, or several. Handlers of a type run one after another, in the order registered. */
  on<Type extends keyof Events & string>(
    type: Type | readonly Type[],
    handler: Handler<EventOf<Events, Type>>,
    options?: HandlerOptions,
  ): this;
  /** Handles every event, beside the handlers of its type. */
  onAny(handler: Handler<ShowpadEvent<Events>>, options?: HandlerOptions): this;
  /** Handles events of types that have no handler by `on`. */
  onUnknown(handler: Handler<EventEnvelope<string, unknown>>, options?: HandlerOptions): this;
  /** Trouble on this side: failed handlers, ledger, keys, raw body. Hints are here, not in the response. */
  onError(listener: ErrorListener<Events>): this;
  /** Deliveries that were refused: forged, stale, malformed, too large. */
  onRejected(listener: ErrorListener<Events>): this;
  /** Authentic deliveries that will not come again. Awaited before the answer, at most 2.5 s. */
  onDeadLetter(listener: DeadLetterListener<Events>): this;
  /** Takes one delivery. Never rejects, whatever a sender or a handler does: write `receipt.response`. */
  receive(request: WebhookRequest): Promise<Receipt<Events>>;
  /**
   * Begins to handle what the inbox holds, once all handlers are registered. Until then deliveries are
   * answered 503, unless this receiver has no handlers: then it only stores, for another process to handle.
   * Without an inbox there is nothing to start. Rejects where the inbox can't be reached.
   */
  start(): Promise<void>;
  /**
   * Refuses new deliveries with 503 and waits for those that run. After `timeoutMs` (default 10,000) their
   * signals abort, and it resolves all the same. What an inbox holds is handled after the next start.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Whether deliveries are taken, for a readiness probe. Never rejects, and takes at most 2.5 s. */
  healthcheck(): Promise<ReceiverHealth>;
}

const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Makes a receiver: it verifies deliveries, reads their events, and runs your handlers once for each.
 * Framework adapters wrap one; `receive` serves any other framework.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { signedDelivery } from '@showpad-webhooks/core/testing';
 *
 * const receiver = createReceiver({ keys: 'a-signature-key' });
 * receiver.on('shared-space-user-added', async (event) => {
 *   console.log(`${event.data.invitee.email} joined ${event.data.sharedSpace.name}`);
 * });
 *
 * const receipt = await receiver.receive(signedDelivery('shared-space-user-added', { key: 'a-signature-key' }));
 * console.log(receipt.outcome, receipt.response.status); // handled 200
 * ```
 */
// biome-ignore lint/complexity/noBannedTypes: {} is "no schemas"; a wider type would make every event unknown.
export function createReceiver<Events extends EventMap = ShowpadEventMap, Schemas extends EventSchemas = {}>(
  options: ReceiverOptions<Events, Schemas>,
): Receiver<WithSchemas<Events, Schemas>> {
  const settings = readOptions(options as ReceiverOptions<never, EventSchemas>);
  const { name, keyring, maxBodyBytes, methods, clock, inbox, telemetry } = settings;
  const registry = new HandlerRegistry();
  const listeners = new Listeners(settings);
  let active = 0;
  /** Of the active ones, those whose handlers are waited for. */
  const slow = new Set<Delivery>();
  let onDrained: (() => void) | undefined;
  // Apps without a logger or an inbox never load what serves one.
  const logging = settings.logger !== silentLogger && import('./diagnostics/index.ts');
  const queue =
    inbox && import('./queue.ts').then((module) => module.createQueue(inbox, settings, registry, listeners));
  let closing: Promise<void> | undefined;

  /** The way of a delivery, from the cheapest refusal to the handlers. What is thrown on it becomes the answer. */
  async function receive(request: WebhookRequest): Promise<Receipt> {
    const delivery: Delivery = { request, receivedAtMs: clock() };
    active++;
    try {
      if (closing) throw closed();
      checkHead(request, settings);
      const signed = readSignedHeaders(request.headers, settings.toleranceSeconds, delivery.receivedAtMs);
      let { body } = request;
      if (typeof body === 'function') {
        try {
          body = await body(maxBodyBytes);
        } catch (cause) {
          throw unreadable(cause);
        }
      }
      const bytes = checkBody(body, maxBodyBytes);
      delivery.body = bytes;
      const keys = keyring.candidates(request.headers, request.url);
      delivery.keys = isPromise(keys) ? await keys : keys;
      const key = matchKey(bytes, signed, delivery.keys);
      keyring.promote(key);
      delivery.keyLabel = key.label;
      delivery.timestampSeconds = Number(signed.timestamp);
      // Awaited only where there is something to wait for: under load, every turn of the queue shows.
      let outcome = whenDone(
        () => readEvent(request, bytes),
        (event) => take(delivery, event),
        (invalid) => refuse(delivery, invalid),
      );
      if (isPromise(outcome)) {
        slow.add(delivery);
        outcome = await outcome;
      }
      return settle(delivery, outcome, successResponse(outcome));
    } catch (thrown) {
      return fail(delivery, toWebhookError(thrown));
    }
  }

  function take(delivery: Delivery, event: ShowpadEvent): MaybePromise<SuccessOutcome> {
    delivery.event = event;
    if (queue) return queue.then(({ put }) => put(delivery));
    const handlers = registry.find(event.type);
    if (handlers.length === 0) return 'ignored';
    delivery.context = new DeliveryContext(delivery, settings);
    return handleOnce({ delivery: delivery as AuthenticDelivery, handlers, settings, listeners });
  }

  async function refuse(delivery: Delivery, invalid: unknown): Promise<SuccessOutcome> {
    if (queue) return queue.then(({ put }) => put(delivery, invalid));
    await listeners.deadLetter('invalid', invalid as ShowpadWebhookError, delivery);
    throw invalid;
  }

  async function fail(delivery: Delivery, found: ShowpadWebhookError): Promise<Receipt> {
    const error = settings.explainMismatches
      ? await diagnose(({ explainError }) => explainError(found, delivery, settings)).catch(() => found)
      : found;
    listeners.report(error, delivery);
    const isUnread = typeof delivery.request?.body === 'function' && !delivery.body;
    const response = failureResponse(error.code, methods, isUnread || closing !== undefined);
    return settle(delivery, failureOutcome(error.code), response, error);
  }

  function settle(
    delivery: Delivery,
    outcome: Outcome,
    response: WebhookResponse,
    error?: ShowpadWebhookError,
  ): MaybePromise<Receipt> {
    const { running, event, keyLabel } = delivery;
    const release = () => {
      slow.delete(delivery);
      if (--active === 0) onDrained?.();
    };
    running ? running.then(release, release) : release();
    const receipt = { outcome, response, event, error, keyLabel };
    if (!logging) return receipt;
    return logging.then(({ logDelivery }) => {
      void listeners.guard(() => logDelivery(settings, delivery, receipt));
      return receipt;
    });
  }

  function drain(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timeout = setTimer(() => {
        const deliveries = active;
        void listeners.guard(() => diagnose(({ noteUnfinished }) => noteUnfinished(deliveries, settings)));
        for (const { context } of slow) context?.abort();
        resolve();
      }, timeoutMs);
      onDrained = () => {
        clearTimeout(timeout);
        resolve();
      };
      if (active === 0) onDrained();
    });
  }

  const receiver: Receiver = {
    name,
    on(type, handler, handlerOptions) {
      registry.add(typeof type === 'string' ? [type] : type, handler, handlerOptions);
      return receiver;
    },
    onAny(handler, handlerOptions) {
      registry.add([ANY], handler, handlerOptions);
      return receiver;
    },
    onUnknown(handler, handlerOptions) {
      registry.add([UNKNOWN], handler, handlerOptions);
      return receiver;
    },
    onError(listener) {
      listeners.onError.push(listener);
      return receiver;
    },
    onRejected(listener) {
      listeners.onRejected.push(listener);
      return receiver;
    },
    onDeadLetter(listener) {
      listeners.addDeadLetterListener(listener);
      return receiver;
    },
    receive(request) {
      registry.seal();
      return telemetry ? telemetry.delivery(name, request, receive) : receive(request);
    },
    async start() {
      registry.seal();
      await logging; // So that the lines come in the order of what they tell.
      await (await queue)?.start();
    },
    close({ timeoutMs = CLOSE_TIMEOUT_MS } = {}) {
      closing ??= drain(timeoutMs).then(async () => (await queue)?.stop({ timeoutMs }));
      return closing;
    },
    healthcheck: () => diagnose(({ checkHealth }) => checkHealth(queue, closing !== undefined)),
  };
  for (const [type, handlers] of Object.entries(options.on ?? {})) {
    for (const handler of [handlers].flat()) registry.add([type], handler);
  }
  return receiver as unknown as Receiver<WithSchemas<Events, Schemas>>;
}

function closed(): ShowpadWebhookError {
  return new ShowpadWebhookError('CLOSED', 'the receiver is closed', 'Stop the server before close().');
}
