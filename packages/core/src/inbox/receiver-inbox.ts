import { randomUUID } from 'node:crypto';
import { type EventDelivery, readEventOf, type VerifiedDelivery } from '../delivery/delivery.ts';
import { CODES, type Outcome } from '../delivery/response.ts';
import { DeliveryContext } from '../handlers/context.ts';
import type { RegisteredHandler } from '../handlers/handler.ts';
import type { Progress, RunHandlers } from '../handlers/run-handlers.ts';
import { callStore } from '../once/call-store.ts';
import { claimLost, eventConflict, inProgress, storeFailed } from '../once/errors.ts';
import { createIdentifier, type Identify } from '../once/identity.ts';
import { stillHanging, watchTime } from '../once/time-limit.ts';
import type { DeadLetterReason } from '../reporting/listeners.ts';
import { logDelivery } from '../reporting/log-delivery.ts';
import type { Reporter } from '../reporting/reporter.ts';
import { messageOf, ShowpadWebhookError } from '../shared/error.ts';
import { digestOf } from '../shared/hash.ts';
import { plainHeaders } from '../shared/headers.ts';
import type { Logger } from '../shared/logger.ts';
import { withDeadline } from '../shared/promise.ts';
import { clip } from '../shared/text.ts';
import { findOrphans, handlerIsGone } from './orphans.ts';
import type { Inbox, InboxEntry, InboxError, InboxFailure, InboxJob } from './types.ts';

export interface ReceiverInboxOptions {
  readonly receiverName: string;
  readonly inbox: Inbox;
  readonly clock: () => number;
  readonly logger: Logger;
  readonly handlerTimeoutMs: number;
  readonly findHandlers: (type: string) => readonly RegisteredHandler[];
  readonly hasHandlers: () => boolean;
  readonly identify: Identify | undefined;
  readonly runHandlers: RunHandlers;
  readonly reporter: Reporter;
}

/** What a receiver does with its inbox. */
export interface ReceiverInbox {
  /** True if deliveries are stored: it was started, or it has no handlers and stores for another process. */
  readonly isAccepting: boolean;
  /** Stores a delivery with an event. */
  put(delivery: EventDelivery): Promise<'queued' | 'duplicate'>;
  /** Stores an authentic delivery that is not an event, as a dead entry. */
  putInvalid(delivery: VerifiedDelivery, error: ShowpadWebhookError): Promise<'queued'>;
  /** Stores an event above `maxBodyBytes`, as a dead entry. */
  putTooLarge(delivery: EventDelivery, error: ShowpadWebhookError): Promise<'queued' | 'duplicate'>;
  start(): Promise<void>;
  close(options: { readonly timeoutMs: number }): Promise<void>;
  health: Inbox['health'];
}

export function createReceiverInbox(options: ReceiverInboxOptions): ReceiverInbox {
  const { inbox, handlerTimeoutMs, runHandlers, reporter } = options;
  const identityOf = createIdentifier(options.identify, 'inbox');
  let starting: Promise<void> | undefined;
  /** Events whose handlers run, by id. This process never starts one of them again, whatever a lease says. */
  const running = new Map<string, { readonly isGivenUp: boolean }>();

  async function put(delivery: EventDelivery, error?: ShowpadWebhookError): Promise<'queued' | 'duplicate'> {
    const { key, bodyDigest } = identityOf(delivery);
    const { type } = delivery.event;
    const result = await store({
      ...entryOf(delivery),
      id: key,
      bodyDigest,
      type,
      error: error && keptError(error),
    });
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
    const outcome = await put(delivery, error);
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
    const unkept = await reporter.deadLetter(reason, error, delivery);
    if (unkept) reporter.report(unkept, delivery);
  }

  async function store(entry: InboxEntry) {
    if (!isAccepting()) throw notStarted();
    return callStore('inbox', 'put', () => inbox.put(entry));
  }

  function isAccepting(): boolean {
    return starting !== undefined || !options.hasHandlers();
  }

  async function process(job: InboxJob): Promise<InboxFailure | undefined> {
    const read = readStored(job);
    const isInvalid = ShowpadWebhookError.isInstance(read);
    const delivery = isInvalid ? deliveryOf(job) : read;
    const error = isInvalid ? read : await attempt(job, read);
    if (error) reporter.report(error, delivery, job.attempt);
    const logged = { delivery, attempt: job.attempt, outcome: outcomeOf(error), error };
    reporter.guard(() => logDelivery(options, logged));
    return error && { error, isFinal: CODES[error.code].isFinal, kept: keptError(error) };
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
    const context = new DeliveryContext(delivery, { receiverName, logger, attempt: job.attempt });
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
    const unkept = await reporter.deadLetter(deadLetterReason(error), error, delivery, job.attempt);
    if (unkept) reporter.report(unkept, delivery, job.attempt);
  }

  async function begin(): Promise<void> {
    await reportOrphans();
    await inbox.start({
      process,
      onDead: (job, failure) => reporter.guard(() => onDead(job, failure)),
      onError: reportFailure,
    });
  }

  /** Without handlers it only stores. If it took entries too, they would count as handled although nothing ran. */
  async function checkStore(): Promise<void> {
    const { isReachable, problems } = await inbox.health();
    if (!isReachable) throw new Error(problems.join(' '));
    for (const problem of problems) reportFailure('check durability', new Error(problem));
  }

  function reportFailure(operation: string, cause: unknown): void {
    reporter.report(storeFailed('inbox', operation, cause));
  }

  /** Comes before the start, because after it the entries are taken. If the inbox cannot be read, the start itself says so. */
  async function reportOrphans(): Promise<void> {
    const orphans = await withDeadline(findOrphans(inbox, options.findHandlers)).catch(() => []);
    for (const error of orphans) reporter.report(error);
  }

  return {
    get isAccepting() {
      return isAccepting();
    },
    put,
    putInvalid,
    putTooLarge,
    async start() {
      if (!options.hasHandlers()) return checkStore();
      starting ??= begin();
      try {
        await starting;
      } catch (error) {
        starting = undefined; // So that start() can be called again.
        throw error;
      }
    },
    close: (closeOptions) => inbox.close(closeOptions),
    health: async () => inbox.health(),
  };
}

const LONGEST_KEPT_MESSAGE = 1_000;

/** The entry of a delivery, without an id and a type of its own yet. */
function entryOf(delivery: VerifiedDelivery): Omit<InboxEntry, 'id'> {
  const { request, body, timestampSeconds, keyLabel, receivedAtMs } = delivery;
  return {
    type: '',
    body,
    bodyDigest: digestOf(body),
    method: request.method,
    url: request.url,
    headers: plainHeaders(request.headers),
    timestampSeconds,
    keyLabel,
    receivedAtMs,
    error: undefined,
  };
}

function deliveryOf(job: InboxJob): VerifiedDelivery {
  const { method, url, headers, body, timestampSeconds, keyLabel, receivedAtMs } = job;
  return {
    request: { method, url, headers, body },
    body,
    timestampSeconds,
    keyLabel,
    receivedAtMs,
  };
}

/** The generated id of a GET delivery without a body was stored, because each time it is read it would be another one. */
function readStored(job: InboxJob): EventDelivery | ShowpadWebhookError {
  const read = readEventOf(deliveryOf(job));
  if (ShowpadWebhookError.isInstance(read)) return read;
  return job.body.byteLength > 0 ? read : { ...read, event: { ...read.event, id: job.id } };
}

function outcomeOf(error: ShowpadWebhookError | undefined): Outcome {
  return error ? CODES[error.code].outcome : 'handled';
}

function deadLetterReason({ code }: ShowpadWebhookError): DeadLetterReason {
  if (code === 'PERMANENT_FAILURE') return 'permanent';
  if (code === 'HANDLER_TIMEOUT') return 'handler-timeout';
  return CODES[code].outcome === 'rejected' ? 'invalid' : 'attempts-exhausted';
}

/** What is stored of an error, for whoever looks at the entry later. */
function keptError({ code, message, cause }: ShowpadWebhookError): InboxError {
  const text = cause === undefined ? message : `${message} ${messageOf(cause)}`;
  return { code, message: clip(text, LONGEST_KEPT_MESSAGE) };
}

function notStarted(): ShowpadWebhookError {
  return new ShowpadWebhookError('INBOX_FAILED', 'The receiver has an inbox, and start() was not called.', {
    hint: 'Call receiver.start() when all handlers are registered.',
  });
}

function processEnded(attempts: number): ShowpadWebhookError {
  return new ShowpadWebhookError('HANDLER_FAILED', `The process ended during each of ${attempts} attempts.`, {
    hint: 'A handler ends or blocks the process. Fix it, and then retry the event by hand.',
  });
}
