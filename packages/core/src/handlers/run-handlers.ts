import type { EventDelivery } from '../delivery/delivery.ts';
import type { DriftWatch } from '../events/drift.ts';
import type { ShowpadEvent } from '../events/event.ts';
import type { StandardSchemaV1 } from '../events/schema.ts';
import { validateEvent } from '../events/validate-event.ts';
import { PermanentError, ShowpadWebhookError, toWebhookError } from '../shared/error.ts';
import type { MaybePromise } from '../shared/promise.ts';
import { afterMsOf } from '../shared/retry-after-error.ts';
import { clip } from '../shared/text.ts';
import { type AttemptContext, DeliveryContext, type StoreClaim } from './context.ts';
import type { RegisteredHandler } from './handler.ts';
import { inside, type Telemetry } from './telemetry.ts';

/** Notes what the handlers of one attempt achieved. A ledger's claim and an inbox's job each implement it. */
export interface Progress {
  /** True if the attempt belongs to an inbox. */
  readonly isFromInbox: boolean;
  /** The identities of the handlers that were done before this attempt. */
  readonly done: readonly string[];
  /** Undefined if no store can tell who holds the event. */
  readonly claim?: StoreClaim | undefined;
  /** Notes how a handler ended. */
  note(ended: EndedHandler): MaybePromise<Noted>;
}

export interface Noted {
  /** False if another holder has taken the event over, so the next handler must not run. */
  readonly mayGoOn: boolean;
  /** The error that counts, if any. */
  readonly error?: ShowpadWebhookError | undefined;
}

export interface EndedHandler {
  readonly handlerName: string;
  /** What to remember if the handler is done. */
  readonly identity: string;
  readonly error: ShowpadWebhookError | undefined;
  readonly isLast: boolean;
  readonly durationMs: number;
}

export interface HandlerRunnerOptions {
  readonly schemas: ReadonlyMap<string, StandardSchemaV1>;
  /** Set if an event that does not fit its schema is handled all the same. */
  readonly drift: DriftWatch | undefined;
  readonly telemetry: Telemetry | undefined;
  readonly clock: () => number;
  readonly onTelemetryError: (thrown: unknown) => void;
  readonly onDrift: (error: ShowpadWebhookError, attempt: Attempt) => void;
  /** Hears of errors that do not decide what becomes of the attempt. */
  readonly onOtherError: (error: ShowpadWebhookError, attempt: Attempt) => void;
}

export interface Attempt {
  readonly delivery: EventDelivery;
  readonly context: AttemptContext;
  readonly handlers: readonly RegisteredHandler[];
  readonly progress: Progress;
}

/** Resolves to the error that decides what becomes of the attempt, if there is any. It never rejects. */
export type RunHandlers = (attempt: Attempt) => Promise<ShowpadWebhookError | undefined>;

/**
 * Makes the function that runs the handlers of an event, one after another, whatever becomes of the others. Handlers that
 * were done in an earlier attempt do not run again.
 */
export function createHandlerRunner(options: HandlerRunnerOptions): RunHandlers {
  const { schemas, drift, telemetry, clock, onTelemetryError, onDrift, onOtherError } = options;

  function runHandler(
    { name, identity, run }: RegisteredHandler,
    event: ShowpadEvent,
    { context: ofAttempt, progress: { isFromInbox, claim } }: Attempt,
  ): unknown {
    const context = new DeliveryContext(ofAttempt, claim && { claim, handlerName: identity });
    if (!telemetry) return run(event, context);
    return inside(
      (runOnce) => telemetry.aroundHandler({ handlerName: name, event, context, isFromInbox, run: runOnce }),
      async () => run(event, context),
      onTelemetryError,
    );
  }

  function validate(schema: StandardSchemaV1, attempt: Attempt): Promise<ShowpadEvent> {
    const { event } = attempt.delivery;
    if (!drift) return validateEvent(event, schema);
    return validateEvent(event, schema, (issues, cause) => {
      const found = drift.find(event.type, event.data, issues, cause);
      if (found) onDrift(found, attempt);
    });
  }

  /**
   * An error that a retry may fix counts before one that no retry can fix, and one that asks for a longer wait before others.
   */
  function decide(errors: readonly ShowpadWebhookError[], attempt: Attempt): ShowpadWebhookError | undefined {
    if (errors.length === 0) return undefined;
    const [deciding, ...others] = errors.toSorted((one, other) => rankOf(other) - rankOf(one));
    for (const error of others) onOtherError(error, attempt);
    return deciding;
  }

  return async (attempt) => {
    const { delivery, progress } = attempt;
    const errors: ShowpadWebhookError[] = [];
    try {
      const schema = schemas.get(delivery.event.type);
      const event = schema ? await validate(schema, attempt) : delivery.event;
      const handlers = without(progress.done, attempt.handlers);
      const last = handlers.at(-1);
      for (const handler of handlers) {
        const startedAtMs = clock();
        let failure: ShowpadWebhookError | undefined;
        try {
          await runHandler(handler, event, attempt);
        } catch (thrown) {
          failure = handlerError(handler.name, event, thrown);
        }
        const { mayGoOn, error } = await progress.note({
          handlerName: handler.name,
          identity: handler.identity,
          error: failure,
          isLast: handler === last,
          durationMs: clock() - startedAtMs,
        });
        if (error) errors.push(error);
        if (!mayGoOn) break;
      }
    } catch (unfinished) {
      errors.push(toWebhookError(unfinished));
    }
    return decide(errors, attempt);
  };
}

function without(
  done: readonly string[],
  handlers: readonly RegisteredHandler[],
): readonly RegisteredHandler[] {
  return done.length === 0 ? handlers : handlers.filter(({ identity }) => !done.includes(identity));
}

export function isRetryable({ code }: ShowpadWebhookError): boolean {
  return code !== 'PERMANENT_FAILURE';
}

function rankOf(error: ShowpadWebhookError): number {
  return isRetryable(error) ? afterMsOf(error.cause) : -1;
}

function handlerError(name: string, { type }: ShowpadEvent, cause: unknown): ShowpadWebhookError {
  // What an adapter runs around a handler, such as a guard in Nest, says itself that it failed.
  if (ShowpadWebhookError.isInstance(cause) && ['HANDLER_FAILED', 'PERMANENT_FAILURE'].includes(cause.code)) {
    return cause;
  }
  // An arrow function in the option "on" is named for the event type.
  const place =
    name === type ? `The handler for "${clip(type, 64)}"` : `The handler "${name}" for "${clip(type, 64)}"`;
  if (PermanentError.isInstance(cause)) {
    return new ShowpadWebhookError('PERMANENT_FAILURE', `${place} threw a PermanentError.`, {
      hint: 'So no retry follows, and the event counts as completed. See error.cause.',
      cause,
      handlerName: name,
    });
  }
  return new ShowpadWebhookError('HANDLER_FAILED', `${place} threw an error.`, {
    hint: 'See error.cause. The handler runs again with the next attempt, unless this was the last one.',
    cause,
    handlerName: name,
  });
}
