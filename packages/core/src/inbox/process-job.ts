import type { EventDelivery } from '../delivery/delivery.ts';
import { CODES, type Outcome } from '../delivery/response.ts';
import { AttemptContext } from '../handlers/context.ts';
import type { RegisteredHandler } from '../handlers/handler.ts';
import type { Progress, RunHandlers } from '../handlers/run-handlers.ts';
import { callStore } from '../once/call-store.ts';
import { claimLost, inProgress } from '../once/errors.ts';
import { stillHanging, watchTime } from '../once/time-limit.ts';
import type { DeadLetterReason } from '../reporting/listeners.ts';
import { logDelivery } from '../reporting/log-delivery.ts';
import type { Reporter } from '../reporting/reporter.ts';
import { ShowpadWebhookError } from '../shared/error.ts';
import type { Logger } from '../shared/logger.ts';
import { afterMsOf } from '../shared/retry-after-error.ts';
import { handlerIsGone } from './orphans.ts';
import { deliveryOf, keptError, readStored } from './stored-delivery.ts';
import type { InboxFailure, InboxJob } from './types.ts';

export interface JobProcessorOptions {
  readonly receiverName: string;
  readonly clock: () => number;
  readonly logger: Logger;
  readonly handlerTimeoutMs: number;
  readonly findHandlers: (type: string) => readonly RegisteredHandler[];
  readonly runHandlers: RunHandlers;
  readonly reporter: Reporter;
}

/** Runs the handlers of what an inbox has stored. */
export interface JobProcessor {
  process(job: InboxJob): Promise<InboxFailure | undefined>;
  /** Sends the letter of an entry that has become dead. */
  onDead(job: InboxJob, failure: InboxFailure): Promise<void>;
}

export function createJobProcessor(options: JobProcessorOptions): JobProcessor {
  const { handlerTimeoutMs, runHandlers, reporter } = options;
  /** Events whose handlers run, by id. This process never starts one of them again, whatever a lease says. */
  const running = new Map<string, { readonly isGivenUp: boolean }>();

  async function process(job: InboxJob): Promise<InboxFailure | undefined> {
    const read = readStored(job);
    const isInvalid = ShowpadWebhookError.isInstance(read);
    const delivery = isInvalid ? deliveryOf(job) : read;
    const error = isInvalid ? read : await attempt(job, read);
    if (error) reporter.report(error, delivery, job.attempt);
    const logged = { delivery, attempt: job.attempt, outcome: outcomeOf(error), error };
    reporter.guard(() => logDelivery(options, logged));
    return error && failureOf(error);
  }

  async function attempt(job: InboxJob, delivery: EventDelivery): Promise<ShowpadWebhookError | undefined> {
    if (job.isExhausted) return processEnded(job.attempt - 1);
    const earlier = running.get(job.id);
    if (earlier) return earlier.isGivenUp ? stillHanging() : inProgress();
    // A handler failed before, and now there is none. The entry waits for a process that has it, or for a person.
    const isOrphan = job.attempt > 1 && options.findHandlers(delivery.event.type).length === 0;
    if (isOrphan) return handlerIsGone(delivery.event.type);
    return runInTime(job, delivery);
  }

  /** Waits for the handlers, also after their timeout, so that they never run twice at once. It gives up only if they hang. */
  function runInTime(job: InboxJob, delivery: EventDelivery): Promise<ShowpadWebhookError | undefined> {
    const { receiverName, logger, findHandlers } = options;
    const context = new AttemptContext(delivery, { receiverName, logger, attempt: job.attempt });
    const abort = () => context.abort();
    job.signal.addEventListener('abort', abort, { once: true });
    running.set(job.id, { isGivenUp: false });
    const handlers = findHandlers(delivery.event.type);
    const run = runHandlers({ delivery, context, handlers, progress: progressOf(job, delivery) });
    return new Promise((resolve) => {
      const stopWatching = watchTime({
        timeoutMs: handlerTimeoutMs,
        onTimeout(error) {
          abort();
          reporter.report(error, delivery, job.attempt);
        },
        onGiveUp(error) {
          running.set(job.id, { isGivenUp: true });
          resolve(error);
        },
      });
      void run.then((error) => {
        stopWatching();
        job.signal.removeEventListener('abort', abort);
        // The attempt was over when it was given up, so nobody else reports how it really ended.
        if (error && running.get(job.id)?.isGivenUp) reporter.report(error, delivery, job.attempt);
        running.delete(job.id);
        resolve(error);
      });
    });
  }

  function progressOf(job: InboxJob, delivery: EventDelivery): Progress {
    let hasFailed = false;
    return {
      isFromInbox: true,
      done: job.done,
      claim: job.claim,
      async note({ identity, error, isLast }) {
        // The entry is dead already, so what is left of the attempt runs if somebody retries the entry.
        if (running.get(job.id)?.isGivenUp) return { mayGoOn: false, error };
        if (error) hasFailed = true;
        // After the last handler of a clean run the entry is done at once, so a checkpoint would be one call too many.
        if (error || (isLast && !hasFailed)) return { mayGoOn: true, error };
        const mayGoOn = await checkpoint(job, identity, delivery);
        // The handlers that are left run in the process that has taken the event over.
        return { mayGoOn, error: mayGoOn || isLast ? undefined : inProgress() };
      },
    };
  }

  /** Trouble of the inbox is reported and does not stop the handlers: at worst, this one runs again. */
  async function checkpoint(job: InboxJob, identity: string, delivery: EventDelivery): Promise<boolean> {
    try {
      const isHeld = await callStore('inbox', 'checkpoint', () => job.checkpoint(identity));
      if (!isHeld) reporter.report(claimLost('inbox', 'checkpoint'), delivery, job.attempt);
      return isHeld;
    } catch (error) {
      reporter.report(error as ShowpadWebhookError, delivery, job.attempt);
      return true;
    }
  }

  async function onDead(job: InboxJob, { error }: InboxFailure): Promise<void> {
    const read = readStored(job);
    const delivery = ShowpadWebhookError.isInstance(read) ? deliveryOf(job) : read;
    await reporter.sendLetter(deadLetterReason(error), error, delivery, job.attempt);
  }

  return { process, onDead };
}

function failureOf(error: ShowpadWebhookError): InboxFailure {
  const { isFinal } = CODES[error.code];
  return { error, isFinal, kept: keptError(error), retryAfterMs: afterMsOf(error.cause) };
}

function outcomeOf(error: ShowpadWebhookError | undefined): Outcome {
  return error ? CODES[error.code].outcome : 'handled';
}

function deadLetterReason({ code }: ShowpadWebhookError): DeadLetterReason {
  if (code === 'PERMANENT_FAILURE') return 'permanent';
  if (code === 'HANDLER_TIMEOUT') return 'handler-timeout';
  return CODES[code].outcome === 'rejected' ? 'invalid' : 'attempts-exhausted';
}

function processEnded(attempts: number): ShowpadWebhookError {
  return new ShowpadWebhookError('HANDLER_FAILED', `The process ended during each of ${attempts} attempts.`, {
    hint: 'A handler ends or blocks the process. Fix it, and then retry the event by hand.',
  });
}
