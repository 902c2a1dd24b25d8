import type { Receipt } from '../delivery/receipt.ts';
import type { WebhookRequest } from '../delivery/request.ts';
import type { ShowpadEvent } from '../events/event.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import type { HandlerContext } from './context.ts';

/**
 * Runs around what a receiver does, for traces and metrics. The receiver protects itself from it: if telemetry throws, this
 * is logged, and the delivery is received and the handler is run exactly once all the same.
 */
export interface Telemetry {
  /** Runs around one delivery. Call `receive` once and wait for it. */
  aroundDelivery(delivery: TelemetryDelivery): Promise<unknown>;
  /** Runs around one run of a handler. Call `run` once and wait for it. It rejects if the handler throws. */
  aroundHandler(handler: TelemetryHandler): Promise<unknown>;
  /** Hears of an event that does not fit its schema, once per type and path, if `schemaMode` is `report`. */
  onDrift?(drift: TelemetryDrift): void;
}

export interface TelemetryDelivery {
  readonly receiverName: string;
  readonly request: WebhookRequest;
  /** Receives the request, or the one you pass in its place, for example with more headers. */
  receive(request?: WebhookRequest): Promise<Receipt>;
}

export interface TelemetryDrift {
  readonly receiverName: string;
  readonly event: ShowpadEvent;
  /** `EVENT_DRIFT`. Its message names the fields and their types, and no value. */
  readonly error: ShowpadWebhookError;
}

export interface TelemetryHandler {
  readonly handlerName: string;
  readonly event: ShowpadEvent;
  readonly context: HandlerContext;
  /** True if the handler runs from an inbox. Then `context.headers` are those that `aroundDelivery` passed on. */
  readonly isFromInbox: boolean;
  run(): Promise<unknown>;
}

/**
 * Runs something inside telemetry, exactly once, whether or not the telemetry works.
 *
 * @param around calls the telemetry with the function that it has to run.
 * @param onError is told what the telemetry itself threw.
 */
export async function inside<Args extends unknown[], Result>(
  around: (run: (...args: Args) => Promise<Result>) => Promise<unknown>,
  run: (...args: Args) => Promise<Result>,
  onError: (thrown: unknown) => void,
  ...defaults: Args
): Promise<Result> {
  let running: Promise<Result> | undefined;
  const runOnce = (...args: Args) => {
    running ??= run(...args);
    running.catch(() => {}); // If telemetry waits for it only later, a rejection must not be an unhandled one.
    return running;
  };
  try {
    await around(runOnce);
  } catch (thrown) {
    // A handler's own error passes through the telemetry, and is no trouble of the telemetry.
    const ownError = await running?.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (thrown !== ownError) onError(thrown);
  }
  return runOnce(...defaults);
}
