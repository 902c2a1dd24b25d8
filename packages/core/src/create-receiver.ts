import { BytesInFlight } from './delivery/bytes-in-flight.ts';
import { createVerifier } from './delivery/verify.ts';
import { DriftWatch } from './events/drift.ts';
import type { EventMap } from './events/event.ts';
import type { ShowpadEventMap } from './events/event-map.ts';
import type { SchemasOf, WithSchemas } from './events/schema.ts';
import { HandlerRegistry } from './handlers/registry.ts';
import { createHandlerRunner } from './handlers/run-handlers.ts';
import { inside } from './handlers/telemetry.ts';
import { createReceiverInbox } from './inbox/receiver-inbox.ts';
import { type StoreName, storeFailed } from './once/errors.ts';
import { createHandleOnce } from './once/handle-once.ts';
import { Unfinished } from './once/unfinished.ts';
import { type ReceiverOptions, readOptions, type UncheckedOptions } from './options.ts';
import { createPipeline } from './pipeline.ts';
import type { AnyReceiver, Receiver } from './receiver.ts';
import { checkHealth } from './reporting/health.ts';
import { IgnoredTypes } from './reporting/ignored-types.ts';
import { warnOfMemoryLedger } from './reporting/memory-warning.ts';
import { MismatchExplainer } from './reporting/mismatch-explainer.ts';
import { Reporter } from './reporting/reporter.ts';
import { SlowRuns } from './reporting/slow-runs.ts';
import { logOrWarn } from './reporting/warn.ts';
import { withDeadline } from './shared/promise.ts';

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
  const reporter = new Reporter({ ...named, waitUntil: options.waitUntil });
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
    explain: async (delivery) => explainer?.explain(delivery),
  });
  const runHandlers = createHandlerRunner({
    schemas: settings.schemas,
    drift: settings.isDriftReported ? new DriftWatch() : undefined,
    telemetry,
    clock,
    onTelemetryError,
    onDrift: (error, { delivery, context }) => {
      reporter.report(error, delivery, context.attempt);
      // The log line of the delivery says only that it was handled.
      reporter.logFailure(error, error.message);
      reporter.guard(() => telemetry?.onDrift?.({ receiverName: name, event: delivery.event, error }));
    },
    onOtherError: (error, { delivery, context }) => reporter.report(error, delivery, context.attempt),
  });
  const { identify } = settings;
  const handling = { ...named, clock, now, handlerTimeoutMs, identify, runHandlers, reporter };
  const ignoredTypes = new IgnoredTypes({
    ...named,
    hasNoHandler: () => registry.isEmpty,
    hasInbox: settings.inbox !== undefined,
  });
  const slowRuns = new SlowRuns({ ...named, handlerTimeoutMs });
  const once = createHandleOnce({ ...handling, ledger: settings.ledger, slowRuns, unfinished });
  const inbox =
    settings.inbox &&
    createReceiverInbox({
      ...handling,
      inbox: settings.inbox,
      findHandlers: (type) => registry.find(type),
      hasHandlers: () => !registry.isEmpty,
    });
  let hasBegun = false;
  let closing: Promise<void> | undefined;
  const receive = createPipeline({
    ...named,
    methods,
    maxBodyBytes,
    clock,
    inFlight,
    unfinished,
    verifier,
    registry,
    ignoredTypes,
    reporter,
    once,
    inbox,
    isClosing: () => closing !== undefined,
  });

  /** Does what has to happen once: at the start or, without one, at the first delivery. */
  function begin(): void {
    if (hasBegun) return;
    hasBegun = true;
    registry.seal();
    if (options.ledger === undefined && !settings.inbox) warnOfMemoryLedger(named);
  }

  async function closeWithin(timeoutMs: number): Promise<void> {
    const endsAtMs = performance.now() + timeoutMs;
    // With an inbox the deliveries get half of the time at most, so that some is left for the handlers of the inbox.
    const isEmpty = await unfinished.waitUntilEmpty(inbox ? timeoutMs / 2 : timeoutMs);
    if (!isEmpty) abandonUnfinished();
    await closeStore('ledger', once.close(), endsAtMs - performance.now());
    if (inbox) {
      const leftMs = Math.max(0, endsAtMs - performance.now());
      // Closing the store itself takes a moment too.
      const closingMs = Math.min(CLOSE_RESERVE_MS, leftMs / 4);
      await closeStore('inbox', inbox.close({ timeoutMs: leftMs - closingMs }), leftMs);
    }
    // Node shows process warnings with the next tick, and the app may exit as soon as this resolves.
    await new Promise<void>((resolve) => process.nextTick(resolve));
  }

  function abandonUnfinished(): void {
    once.abortAll();
    const deliveries = unfinished.count;
    const message = `The receiver was closed while ${deliveries} deliveries were still running.`;
    logOrWarn({ ...named, fields: { deliveries }, message, code: 'CLOSED_EARLY' });
  }

  /** The store may hang or fail, and close() resolves in time all the same. */
  async function closeStore(store: StoreName, closed: Promise<void>, timeoutMs: number): Promise<void> {
    try {
      await withDeadline(closed, Math.max(0, timeoutMs));
    } catch (cause) {
      reporter.report(storeFailed(store, 'close', cause));
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
      begin();
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
      begin();
      ignoredTypes.noteEmpty();
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
