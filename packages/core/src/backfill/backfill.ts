import type { EventEnvelope, EventMap, EventOf } from '../events/event.ts';
import type { ShowpadEventMap } from '../events/event-map.ts';
import type { EventSchemas, SchemasOf, WithSchemas } from '../events/schema.ts';
import type { Handler, RegisteredHandler } from '../handlers/handler.ts';
import { createHandlerRunner } from '../handlers/run-handlers.ts';
import { Pause } from '../inbox/pause.ts';
import { createJobProcessor } from '../inbox/process-job.ts';
import type { Inbox, InboxItem } from '../inbox/types.ts';
import type { CommonReceiverOptions } from '../options.ts';
import type { ErrorListener } from '../reporting/listeners.ts';
import { Reporter } from '../reporting/reporter.ts';
import { checkAboveZero, checkKnown } from '../shared/check.ts';
import { silentLogger } from '../shared/logger.ts';
import { findEntries } from './find-entries.ts';

export interface BackfillOptions<
  Events extends EventMap,
  Schemas,
  Type extends keyof WithSchemas<Events, Schemas> & string,
> extends Pick<
    CommonReceiverOptions<Events, Schemas>,
    'schemas' | 'logger' | 'telemetry' | 'handlerTimeoutMs'
  > {
  /** The type of the events, or several. */
  readonly type: Type | readonly Type[];
  /** The name under which your app registers the handler. By this name the inbox remembers that it is done. */
  readonly name: string;
  readonly handler: Handler<EventOf<WithSchemas<Events, Schemas>, NoInfer<Type>>>;
  /**
   * When your app began to run the handler, as unix time in ms: the handler has run for what was done after that. During a
   * deploy, take the time at which the last process without it ended. If your app does not run it yet, pass `Date.now()`.
   */
  readonly liveSinceMs: number;
  /** Leaves out events that arrived before. Unix time in ms. Default: everything that the inbox holds. */
  readonly sinceMs?: number;
  /** At most so many events are handled per second, one after another. Default 10. */
  readonly ratePerSecond?: number;
  /** Only counts what it would do. Default false. */
  readonly isDryRun?: boolean;
  /** Ends the backfill after the event that is being handled. */
  readonly signal?: AbortSignal;
  /** Called after each event. */
  readonly onProgress?: (report: BackfillReport) => void;
  /** Hears why the handler failed. Without it and without a logger, a process warning is shown once per code. */
  readonly onError?: ErrorListener;
}

const OPTIONS: Readonly<Record<keyof BackfillOptions<ShowpadEventMap, EventSchemas, never>, true>> = {
  type: true,
  name: true,
  handler: true,
  liveSinceMs: true,
  sinceMs: true,
  ratePerSecond: true,
  isDryRun: true,
  signal: true,
  onProgress: true,
  onError: true,
  schemas: true,
  logger: true,
  telemetry: true,
  handlerTimeoutMs: true,
};

export interface BackfillReport {
  /** How many events the handler had missed when the backfill began. */
  readonly missed: number;
  readonly handled: number;
  /** They are missed still, so another backfill tries them again. */
  readonly failed: number;
  /** Events that the handler had handled before. */
  readonly alreadyDone: number;
  /** Events that cannot be handled, because their bodies were deleted when they were done: see `keepDoneBodies`. */
  readonly withoutBody: number;
}

/**
 * Runs a new handler over the events that an inbox still holds: those that are done or dead, the oldest first. No other handler
 * runs, and an entry stays done or dead. What waits in the inbox is left to your app.
 *
 * Each event that was handled is noted in the inbox, so a backfill that was stopped or killed goes on where it was when it is
 * started again, and a second one does nothing. Like all handlers of an inbox, this one runs at least once. Run one backfill of
 * a handler at a time.
 *
 * @throws TypeError for an option that is unknown or out of range. Rejects if the store fails.
 *
 * @example
 * ```ts
 * import { backfill } from '@showpad-webhooks/core/backfill';
 * import { createMemoryInbox } from '@showpad-webhooks/core/testing';
 *
 * const report = await backfill(createMemoryInbox({ keepDoneBodies: true }), {
 *   type: 'shared-space-user-added',
 *   name: 'syncDeal',
 *   handler: ({ data }) => console.log(data.invitee.email),
 *   liveSinceMs: Date.now(),
 * });
 * console.log(report); // { missed: 0, handled: 0, failed: 0, alreadyDone: 0, withoutBody: 0 }
 * ```
 */
export async function backfill<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends object = SchemasOf<Events>,
  Type extends keyof WithSchemas<Events, Schemas> & string = keyof WithSchemas<Events, Schemas> & string,
>(inbox: Inbox, options: BackfillOptions<Events, Schemas, Type>): Promise<BackfillReport> {
  const { type, name, liveSinceMs, sinceMs = 0, ratePerSecond = 10, isDryRun = false, signal } = options;
  checkKnown(options, OPTIONS);
  checkAboveZero({ liveSinceMs, ratePerSecond });
  const types: readonly string[] = [type].flat();
  const found = await findEntries(inbox, { types, handlerName: name, sinceMs, liveSinceMs });
  const { ids, alreadyDone, withoutBody } = found;
  let report: BackfillReport = { missed: ids.length, handled: 0, failed: 0, alreadyDone, withoutBody };
  if (isDryRun) return report;
  const process = createProcessor(inbox.name, options as unknown as UntypedOptions);
  const pause = new Pause();
  signal?.addEventListener('abort', () => pause.wake(), { once: true });

  for (const [index, id] of ids.entries()) {
    if (index > 0) await pause.wait(1_000 / ratePerSecond);
    if (signal?.aborted) break;
    const [entry] = (await inbox.list({ id })).items;
    if (!entry?.body || entry.done.includes(name)) continue; // Somebody else was faster.
    const isHandled = await process({ ...entry, body: entry.body });
    if (isHandled) await inbox.addDone(id, name);
    const { handled, failed } = report;
    report = { ...report, handled: handled + Number(isHandled), failed: failed + Number(!isHandled) };
    options.onProgress?.(report);
  }
  return report;
}

/** Options whose types were checked at the call. */
type UntypedOptions = Pick<
  BackfillOptions<ShowpadEventMap, EventSchemas, never>,
  'logger' | 'telemetry' | 'handlerTimeoutMs' | 'name' | 'onError'
> & {
  readonly schemas?: EventSchemas;
  readonly handler: Handler<EventEnvelope<string, unknown>>;
};

/** Makes a function that runs the handler for one entry, as a receiver would. Resolves to false if it failed. */
function createProcessor(
  receiverName: string,
  options: UntypedOptions,
): (entry: InboxItem & { readonly body: Uint8Array }) => Promise<boolean> {
  const { name, handler: run, schemas = {}, logger = silentLogger, telemetry } = options;
  const { handlerTimeoutMs = 60_000 } = options;
  checkAboveZero({ handlerTimeoutMs });
  const reporter = new Reporter({ receiverName, logger, waitUntil: undefined });
  if (options.onError) reporter.onError.push(options.onError);
  const handler: RegisteredHandler = { target: 'any', name, identity: name, run };
  const jobs = createJobProcessor({
    receiverName,
    logger,
    clock: Date.now,
    handlerTimeoutMs,
    reporter,
    findHandlers: () => [handler],
    runHandlers: createHandlerRunner({
      schemas: new Map(Object.entries(schemas)),
      drift: undefined,
      telemetry,
      clock: Date.now,
      onTelemetryError: (thrown) =>
        reporter.logFailure(thrown, 'The telemetry of a Showpad backfill failed.'),
      onDrift() {},
      onOtherError() {},
    }),
  });
  const { signal } = new AbortController();
  return async (entry) => {
    const job = { ...entry, error: undefined, attempt: 1, isExhausted: false, done: [], signal };
    return (await jobs.process({ ...job, checkpoint: () => true })) === undefined;
  };
}
