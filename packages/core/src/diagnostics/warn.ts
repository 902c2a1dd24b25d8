import { emitWarning } from 'node:process';
import type { ShowpadWebhookError } from '../error.ts';
import type { RegisteredHandler } from '../handlers.ts';
import { silentLogger } from '../logger.ts';
import type { Settings } from '../options.ts';

// What a developer is told without having asked. Loaded when there is something to tell.

const NAME = 'ShowpadWebhooksWarning';
const slowRunsOf = new WeakMap<RegisteredHandler, number>();

/** Tells of an error that neither a listener nor a logger hears. */
export function warnOfUnheard({ code, message, hint }: ShowpadWebhookError): void {
  emitWarning(`${message}. ${hint}`, {
    type: NAME,
    code,
    detail:
      'Told once for each code. Pass a logger, or use onError and onRejected, to hear of every delivery.',
  });
}

/** Tells of a close that no longer waits. */
export function noteUnfinished(deliveries: number, { logger, name }: Settings): unknown {
  return logger.warn({ receiver: name, deliveries }, 'closed with deliveries still running');
}

/** Tells once of a handler that often needs more than half of its time, while all still goes well. */
export function noteSlowRun(handler: RegisteredHandler, { logger, name, handlerTimeoutMs }: Settings): void {
  const slowRuns = (slowRunsOf.get(handler) ?? 0) + 1;
  slowRunsOf.set(handler, slowRuns);
  if (handler.runs < 20 || slowRuns * 20 <= handler.runs) return;
  slowRunsOf.set(handler, Number.NEGATIVE_INFINITY); // Told: it never counts up from there.
  const message =
    `handler "${handler.name}" takes over ${handlerTimeoutMs / 2} ms in more than 1 of 20 runs. After about 15 s ` +
    'Showpad gives up: store the events in an inbox, and handle them from there';
  if (logger === silentLogger) emitWarning(message, { type: NAME, code: 'HANDLER_SLOW' });
  else logger.warn({ receiver: name, handler: handler.name }, message);
}
