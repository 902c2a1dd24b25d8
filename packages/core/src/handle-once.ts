import { crc32 } from 'node:zlib';
import type { AuthenticDelivery } from './delivery.ts';
import { diagnose } from './diagnose.ts';
import { PermanentError, ShowpadWebhookError } from './error.ts';
import type { ShowpadEvent } from './event.ts';
import type { RegisteredHandler } from './handlers.ts';
import { inTime } from './in-time.ts';
import type { Claim, ClaimResult } from './ledger.ts';
import type { Listeners } from './listeners.ts';
import type { Settings } from './options.ts';
import { isPromise, type MaybePromise, setTimer, whenDone } from './promise.ts';

/** First delivery and three retries (docs/showpad.md, "Delivery and retries"). */
const SHOWPAD_ATTEMPTS = 4;
/** Shorter than Showpad's retry window of 14.25 s: when a holder dies, the last retry still finds its lease over. */
const LEASE_MS = 10_000;

/** What is held, until another delivery took it over; and how the handlers ended, once all is told. */
type Held = Pick<Extract<ClaimResult, { status: 'claimed' }>, 'attempt' | 'done'> &
  Claim & { isLost?: boolean; isSettled?: boolean; error?: ShowpadWebhookError | undefined };

/** What every step below works on. */
export interface Work {
  readonly delivery: AuthenticDelivery;
  readonly handlers: readonly RegisteredHandler[];
  readonly settings: Settings;
  readonly listeners: Listeners;
  /** From an inbox: it counts the attempts and keeps what is dead. */
  readonly isQueued?: boolean;
}

/**
 * Runs the handlers of an event that nobody else is handling or has handled.
 *
 * @throws ShowpadWebhookError `IN_PROGRESS`, `LEDGER_FAILED`, `HANDLER_FAILED` or `PERMANENT_FAILURE`.
 */
export function handleOnce(work: Work): MaybePromise<'handled' | 'duplicate'> {
  const { delivery, settings, listeners } = work;
  const key = `${settings.name}:${delivery.event.id}`;
  const request = { key, bodyDigest: digest(delivery.body), leaseMs: LEASE_MS, nowMs: settings.clock() };
  const claimed = (claim: ClaimResult) => {
    if (claim.isConflict) listeners.report(conflict(), delivery);
    if (claim.status === 'completed') return 'duplicate';
    if (claim.status !== 'claimed') throw inProgress();
    delivery.context.attempt = claim.attempt;
    // With what a ledger may have put there for itself. Not spread: V8 is slow to add to the copy.
    const running = runInTime(work, Object.assign({ key }, claim));
    return running ? running.then(() => 'handled' as const) : 'handled';
  };
  const claiming = callStore('ledger', 'claim', () => settings.ledger.claim(request));
  return isPromise(claiming) ? claiming.then(claimed) : claimed(claiming);
}

/** Runs the handlers. Answers in time even where they don't: they go on, and the ledger learns how they end. */
export function runInTime(work: Work, claim: Held): Promise<void> | undefined {
  const { delivery, settings, listeners, isQueued } = work;
  const { ledger, clock, handlerTimeoutMs } = settings;
  const running = runHandlers(work, claim);
  if (claim.isSettled) {
    if (claim.error) throw claim.error;
    return undefined;
  }
  delivery.running = running;
  return new Promise((resolve, reject) => {
    let isLate = false;
    const renew = () => {
      void tell(work, claim, 'checkpoint', () =>
        ledger.checkpoint(claim, { leaseMs: LEASE_MS, nowMs: clock() }),
      );
    };
    let renewal: NodeJS.Timeout | undefined;
    let timeout: NodeJS.Timeout | undefined;
    // Handlers that end with the next promises need no timer.
    const watch = setImmediate(() => {
      if (!isQueued) renewal = setInterval(renew, LEASE_MS / 3); // The inbox itself renews.
      timeout = setTimer(() => {
        isLate = true;
        clearInterval(renewal);
        delivery.context.abort();
        reject(tooSlow(handlerTimeoutMs));
      }, handlerTimeoutMs);
    });
    void running.then(() => {
      clearImmediate(watch);
      clearInterval(renewal);
      clearTimeout(timeout);
      const { error } = claim;
      if (!error) resolve();
      else if (isLate) listeners.report(error, delivery);
      else reject(error);
    }, reject);
  });
}

/** One after another, whatever the others do: the next attempt runs just those that had not succeeded. */
async function runHandlers(work: Work, claim: Held): Promise<void> {
  const { delivery, handlers, settings, listeners, isQueued = false } = work;
  const { ledger, clock, telemetry, handlerTimeoutMs } = settings;
  const { context } = delivery;
  // What is settled does not run again. A refusal from an inbox may: by hand, once its cause is mended.
  const isSettled = (error?: ShowpadWebhookError) => !error || (!isQueued && !isRetryable(error));
  // Of several errors one decides the answer, and one that a retry may mend goes before one that it can't.
  let deciding: ShowpadWebhookError | undefined;
  const note = (error: ShowpadWebhookError) => {
    const isFirst = !deciding || (isRetryable(error) && !isRetryable(deciding));
    const other = isFirst ? deciding : error;
    if (isFirst) deciding = error;
    if (other) listeners.report(other, delivery);
  };
  try {
    const schema = settings.schemas.get(delivery.event.type);
    let { event } = delivery;
    // Loaded by those alone who have schemas.
    if (schema) event = await (await import('./validate-event.ts')).validateEvent(event, schema);
    const { done } = claim;
    const left = done.length ? handlers.filter((handler) => !done.includes(handler.name)) : handlers;
    for (const handler of left) {
      if (claim.isLost) throw inProgress();
      const { name, run } = handler;
      const startedAtMs = clock();
      let error: ShowpadWebhookError | undefined;
      try {
        const ran = telemetry
          ? telemetry.handler(name, event, context, async () => run(event, context), isQueued)
          : run(event, context);
        if (isPromise(ran)) await ran;
        handler.runs++;
        if (!isQueued && clock() - startedAtMs > handlerTimeoutMs / 2) {
          void listeners.guard(() => diagnose(({ noteSlowRun }) => noteSlowRun(handler, settings)));
        }
      } catch (thrown) {
        error = handlerFailed(name, event, thrown);
        // A refusal whose letter can't be kept is a failure: a retry may keep it.
        if (isSettled(error))
          await listeners.deadLetter('permanent', error, delivery).catch((unkept) => (error = unkept));
        note(error);
      }
      // The last of a clean run needs no note of its own: `complete` follows.
      if (!isSettled(error) || (handler === left.at(-1) && isSettled(deciding))) continue;
      const update = { handler: name, leaseMs: LEASE_MS, nowMs: clock() };
      const told = tell(work, claim, 'checkpoint', () => ledger.checkpoint(claim, update));
      if (isPromise(told)) await told;
    }
  } catch (unfinished) {
    note(unfinished as ShowpadWebhookError);
  }

  const operation = isSettled(deciding) ? 'complete' : 'release';
  const told =
    !claim.isLost && tell(work, claim, operation, () => ledger[operation](claim, { nowMs: clock() }));
  if (isPromise(told)) await told;
  if (deciding && operation === 'release' && !isQueued && claim.attempt >= SHOWPAD_ATTEMPTS) {
    // The answer is a 5xx already, so a letter that can't be kept has only the listeners to tell.
    await listeners
      .deadLetter('attempts-exhausted', deciding, delivery)
      .catch((unkept) => listeners.report(unkept, delivery));
  }
  claim.error = deciding;
  claim.isSettled = true;
}

function isRetryable(error: ShowpadWebhookError): boolean {
  return error.code !== 'PERMANENT_FAILURE';
}

function handlerFailed(name: string, event: ShowpadEvent, thrown: unknown): ShowpadWebhookError {
  const what = `an event of type "${event.type.slice(0, 64)}"`;
  if (PermanentError.isInstance(thrown)) {
    const hint = 'It threw a PermanentError: no retry follows.';
    return new ShowpadWebhookError('PERMANENT_FAILURE', `handler "${name}" refused ${what}`, hint, thrown);
  }
  const hint = 'See the cause. It comes again, unless this was the last.';
  return new ShowpadWebhookError('HANDLER_FAILED', `handler "${name}" failed on ${what}`, hint, thrown);
}

/** Calls a ledger or an inbox. */
export function callStore<T>(
  store: 'ledger' | 'inbox',
  operation: string,
  call: () => MaybePromise<T>,
): MaybePromise<T> {
  return inTime(call, () => [failureOf(store), `the ${store}'s ${operation} failed`]);
}

function failureOf(store: 'ledger' | 'inbox'): 'INBOX_FAILED' | 'LEDGER_FAILED' {
  return `${store.toUpperCase() as Uppercase<typeof store>}_FAILED`;
}

/** Once handlers ran, a store's trouble is reported and no longer decides the answer: a 5xx would run them again. */
function tell(
  { listeners, delivery, isQueued }: Work,
  claim: Held,
  operation: string,
  call: () => MaybePromise<boolean>,
): MaybePromise<void> {
  const store = isQueued ? 'inbox' : 'ledger';
  const report = (error: unknown) => listeners.report(error as ShowpadWebhookError, delivery);
  const heard = (isHeld: boolean) => {
    if (isHeld) return;
    claim.isLost = true;
    const message = `the ${store}'s ${operation} came too late`;
    report(
      new ShowpadWebhookError(failureOf(store), message, 'Handlers are too slow, or block the event loop.'),
    );
  };
  return whenDone(() => callStore(store, operation, call), heard, report);
}

function inProgress(): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'IN_PROGRESS',
    'another delivery of this event is running',
    'It comes again. Are the handlers too slow?',
  );
}

function tooSlow(timeoutMs: number): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'IN_PROGRESS',
    `the handlers were still running after ${timeoutMs} ms`,
    'They go on, and it comes again.',
  );
}

export function conflict(): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'EVENT_CONFLICT',
    'an event id came again with another body',
    'Taken for a duplicate. Do two senders use one id?',
  );
}

/** 31 bits: enough to notice a mix-up, which is no attack, and small enough to keep with every id. */
export function digest(body: Uint8Array): number {
  return crc32(body) >>> 1;
}
