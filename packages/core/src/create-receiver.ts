import process from 'node:process';
import { BytesInFlight, HeldBytes } from './delivery/bytes-in-flight.ts';
import {
  type Delivery,
  type EventDelivery,
  type KnownDelivery,
  readEventOf,
  type VerifiedDelivery,
} from './delivery/delivery.ts';
import type { Receipt } from './delivery/receipt.ts';
import { eventTooLarge, readBytes, type WebhookRequest } from './delivery/request.ts';
import { CODES, failureResponse, SUCCESS_RESPONSES, type SuccessOutcome } from './delivery/response.ts';
import { createVerifier } from './delivery/verify.ts';
import type { EventMap } from './events/event.ts';
import type { ShowpadEventMap } from './events/event-map.ts';
import type { SchemasOf, WithSchemas } from './events/schema.ts';
import { HandlerRegistry } from './handlers/registry.ts';
import { createHandlerRunner } from './handlers/run-handlers.ts';
import { inside } from './handlers/telemetry.ts';
import { createReceiverInbox, type ReceiverInbox } from './inbox/receiver-inbox.ts';
import { storeFailed } from './once/errors.ts';
import { createHandleOnce } from './once/handle-once.ts';
import { Unfinished } from './once/unfinished.ts';
import { type ReceiverOptions, readOptions, type UncheckedOptions } from './options.ts';
import type { AnyReceiver, Receiver } from './receiver.ts';
import { checkHealth } from './reporting/health.ts';
import { logDelivery } from './reporting/log-delivery.ts';
import { MismatchExplainer } from './reporting/mismatch-explainer.ts';
import { Reporter } from './reporting/reporter.ts';
import { SlowRuns } from './reporting/slow-runs.ts';
import { logOrWarn } from './reporting/warn.ts';
import { ShowpadWebhookError, toWebhookError } from './shared/error.ts';
import { silentLogger } from './shared/logger.ts';
import { withDeadline } from './shared/promise.ts';
import { mismatch } from './signature/signature.ts';

/**
 * Makes a receiver. It verifies deliveries, reads their events, and runs your handlers once for each event. The adapters for
 * frameworks use one. Call `receive` yourself for any other framework.
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
export function createReceiver<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends object = SchemasOf<Events>,
>(options: ReceiverOptions<Events, Schemas>): Receiver<WithSchemas<Events, Schemas>> {
  // The types of events are checked at the call. Inside, every event is like any other.
  return createUntypedReceiver(options as UncheckedOptions) as Receiver<WithSchemas<Events, Schemas>>;
}

const CLOSE_TIMEOUT_MS = 10_000;
const CLOSE_RESERVE_MS = 1_000;

function createUntypedReceiver(options: UncheckedOptions): AnyReceiver {
  const settings = readOptions(options);
  const { name, methods, maxBodyBytes, handlerTimeoutMs, clock, logger, now, telemetry } = settings;
  const named = { receiverName: name, logger };
  const registry = new HandlerRegistry({
    isRemembered: settings.inbox !== undefined || !settings.ledger.endsWithProcess,
    onWarning: (handlerName, message) =>
      logOrWarn({ ...named, fields: { handlerName }, message, code: 'HANDLER_NAME' }),
  });
  const reporter = new Reporter(named);
  const unfinished = new Unfinished();
  const onTelemetryError = (thrown: unknown) => {
    reporter.logFailure(thrown, 'The telemetry of a Showpad webhook receiver failed.');
  };
  const explainer = settings.explainMismatches ? new MismatchExplainer() : undefined;
  const inFlight = new BytesInFlight(settings.maxBytesInFlight);
  const verifier = createVerifier({
    methods,
    maxBodyBytes,
    inFlight,
    clock,
    now,
    toleranceSeconds: settings.toleranceSeconds,
    keyring: settings.keyring,
    mismatchOf: async (delivery) => explainer?.explain(delivery) ?? mismatch(),
  });
  const runHandlers = createHandlerRunner({
    schemas: settings.schemas,
    telemetry,
    clock,
    onTelemetryError,
    onOtherError: (error, { delivery, context }) => reporter.report(error, delivery, context.attempt),
  });
  const { identify } = settings;
  const handling = { ...named, clock, handlerTimeoutMs, identify, runHandlers, reporter };
  const slowRuns = new SlowRuns({ ...named, handlerTimeoutMs });
  const once = createHandleOnce({ ...handling, now, ledger: settings.ledger, slowRuns, unfinished });
  const inbox =
    settings.inbox &&
    createReceiverInbox({
      ...handling,
      inbox: settings.inbox,
      findHandlers: (type) => registry.find(type),
      hasHandlers: () => !registry.isEmpty,
    });
  let closing: Promise<void> | undefined;

  /** The way of a delivery, from the cheapest refusal to the handlers. What is thrown on it becomes the response. */
  async function receive(request: WebhookRequest): Promise<Receipt> {
    // An adapter with a bug may pass no request at all, and that must not make this reject either.
    const receivedAtMs = request?.receivedAtMs ?? clock();
    const delivery: Delivery = { request, receivedAtMs };
    let known: KnownDelivery = delivery;
    let attempt: number | undefined;
    const held = new HeldBytes(inFlight);
    unfinished.add();
    try {
      if (closing) throw closed();
      const head = verifier.checkHead(delivery);
      const body = await readBytes(request, maxBodyBytes, held);
      const read = { request, receivedAtMs, body };
      known = read;
      const verified = await verifier.verify(read, head);
      known = verified;
      const authentic = readEventOf(verified);
      if (ShowpadWebhookError.isInstance(authentic)) return await answerInvalid(verified, authentic);
      known = authentic;
      if (body.byteLength > maxBodyBytes) return await answerTooLarge(authentic);
      if (inbox) return succeed(await inbox.put(authentic), known);
      const handlers = registry.find(authentic.event.type);
      if (handlers.length === 0) return succeed('ignored', known);
      const handled = await once.handle(authentic, handlers);
      attempt = handled.attempt;
      if (handled.error) throw handled.error;
      return succeed(handled.outcome, known, attempt);
    } catch (thrown) {
      return fail(toWebhookError(thrown), known, attempt);
    } finally {
      held.release();
      unfinished.delete();
    }
  }

  /** Keeps an authentic delivery that is not an event: in the inbox, or else as a dead letter. */
  async function answerInvalid(delivery: VerifiedDelivery, invalid: ShowpadWebhookError): Promise<Receipt> {
    if (inbox) return succeed(await inbox.putInvalid(delivery, invalid), delivery);
    throw (await reporter.deadLetter('invalid', invalid, delivery)) ?? invalid;
  }

  /** Keeps an authentic event above the limit, in the inbox. Otherwise a retry may find a higher limit. */
  async function answerTooLarge(delivery: EventDelivery): Promise<Receipt> {
    const tooLarge = eventTooLarge(delivery.body.byteLength, maxBodyBytes);
    if (inbox) return succeed(await inbox.putTooLarge(delivery, tooLarge), delivery);
    throw tooLarge;
  }

  function succeed(outcome: SuccessOutcome, delivery: KnownDelivery, attempt?: number): Receipt {
    const { event, keyLabel } = delivery;
    const receipt = { outcome, response: SUCCESS_RESPONSES[outcome], event, keyLabel };
    return logged(receipt, delivery, attempt);
  }

  function fail(error: ShowpadWebhookError, delivery: KnownDelivery, attempt?: number): Receipt {
    reporter.report(error, delivery, attempt);
    const { outcome } = CODES[error.code];
    const isUnread = typeof delivery.request?.body === 'function' && !delivery.body;
    const closesConnection = isUnread || closing !== undefined;
    const response = failureResponse(error.code, { methods, closesConnection });
    const { event, keyLabel } = delivery;
    return logged({ outcome, response, error, event, keyLabel }, delivery, attempt);
  }

  function logged(receipt: Receipt, delivery: KnownDelivery, attempt: number | undefined): Receipt {
    if (logger === silentLogger) return receipt;
    const { outcome, error, response } = receipt;
    reporter.guard(() =>
      logDelivery({ ...named, clock }, { delivery, attempt, outcome, error, status: response.status }),
    );
    return receipt;
  }

  async function closeWithin(timeoutMs: number): Promise<void> {
    const endsAtMs = performance.now() + timeoutMs;
    // With an inbox the deliveries get half of the time at most, so that some is left for the handlers of the inbox.
    const isEmpty = await unfinished.waitUntilEmpty(inbox ? timeoutMs / 2 : timeoutMs);
    if (!isEmpty) abandonUnfinished();
    await once.close();
    if (inbox) await closeInbox(inbox, Math.max(0, endsAtMs - performance.now()));
    // Node shows process warnings with the next tick, and the app may exit as soon as this resolves.
    await new Promise<void>((resolve) => process.nextTick(resolve));
  }

  function abandonUnfinished(): void {
    once.abortAll();
    const deliveries = unfinished.count;
    const message = `The receiver was closed while ${deliveries} deliveries were still running.`;
    logOrWarn({ ...named, fields: { deliveries }, message, code: 'CLOSED_EARLY' });
  }

  async function closeInbox(open: ReceiverInbox, timeoutMs: number): Promise<void> {
    // Closing the store itself takes a moment too.
    const closingMs = Math.min(CLOSE_RESERVE_MS, timeoutMs / 4);
    try {
      await withDeadline(open.close({ timeoutMs: timeoutMs - closingMs }), timeoutMs);
    } catch (cause) {
      reporter.report(storeFailed('inbox', 'close', cause));
    }
  }

  const receiver: AnyReceiver = {
    name,
    on(type, handler, handlerOptions) {
      const types: readonly string[] = typeof type === 'string' ? [type] : type;
      const targets = [...new Set(types)].map((each) => ({ type: each }));
      registry.add(targets, handler, handlerOptions);
      return receiver;
    },
    onAny(handler: unknown, handlerOptions) {
      registry.add(['any'], handler, handlerOptions);
      return receiver;
    },
    onUnknown(handler, handlerOptions) {
      registry.add(['unknown'], handler, handlerOptions);
      return receiver;
    },
    onError(listener) {
      reporter.onError.push(listener);
      return receiver;
    },
    onRejected(listener) {
      reporter.onRejected.push(listener);
      return receiver;
    },
    onDeadLetter(listener) {
      reporter.onDeadLetter.push(listener);
      return receiver;
    },
    receive(request) {
      registry.seal();
      if (!telemetry) return receive(request);
      return inside(
        (receiveOnce) =>
          telemetry.aroundDelivery({
            receiverName: name,
            request,
            receive: (changed = request) => receiveOnce(changed),
          }),
        receive,
        onTelemetryError,
        request,
      );
    },
    async start() {
      registry.seal();
      await inbox?.start();
    },
    close({ timeoutMs = CLOSE_TIMEOUT_MS } = {}) {
      closing ??= closeWithin(timeoutMs);
      return closing;
    },
    health: () => checkHealth(closing !== undefined, inbox),
  };
  for (const [type, handlers] of Object.entries(options.on ?? {})) {
    for (const handler of [handlers].flat()) registry.add([{ type }], handler);
  }
  return receiver;
}

function closed(): ShowpadWebhookError {
  return new ShowpadWebhookError('CLOSED', 'The receiver is closed.', {
    hint: 'Stop the server before you call close(). Showpad will retry.',
  });
}
