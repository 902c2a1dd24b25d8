import type { EventDelivery } from '../delivery/delivery.ts';
import { AttemptContext } from '../handlers/context.ts';
import type { RegisteredHandler } from '../handlers/handler.ts';
import { type Attempt, isRetryable, type RunHandlers } from '../handlers/run-handlers.ts';
import type { Reporter } from '../reporting/reporter.ts';
import type { SlowRuns } from '../reporting/slow-runs.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import type { Logger } from '../shared/logger.ts';
import { setRepeatingTimer } from '../shared/promise.ts';
import { callStore } from './call-store.ts';
import { eventConflict, inProgress } from './errors.ts';
import { FailedEvents } from './failed-events.ts';
import { createIdentifier, type Identify } from './identity.ts';
import { type ClaimResult, LEASE_MS, type Ledger } from './ledger.ts';
import { LedgerProgress, RENEWALS_PER_LEASE } from './ledger-progress.ts';
import { watchTime } from './time-limit.ts';
import type { Unfinished } from './unfinished.ts';

export interface HandleOnceOptions {
  readonly receiverName: string;
  readonly ledger: Ledger;
  /** A clock in ms that does not step. */
  readonly now: () => number;
  readonly logger: Logger;
  readonly handlerTimeoutMs: number;
  readonly identify: Identify | undefined;
  readonly runHandlers: RunHandlers;
  readonly reporter: Reporter;
  readonly slowRuns: SlowRuns;
  readonly unfinished: Unfinished;
}

interface HandleResult {
  readonly outcome: 'handled' | 'duplicate';
  /** Set if handlers ran and did not all succeed in time. */
  readonly error?: ShowpadWebhookError | undefined;
  /** Set if handlers ran. */
  readonly attempt?: number;
}

export interface HandleOnce {
  /**
   * Runs the handlers of an event that nobody else is handling or has handled.
   *
   * @throws ShowpadWebhookError `IN_PROGRESS` or `LEDGER_FAILED`, if no handler ran.
   */
  handle(delivery: EventDelivery, handlers: readonly RegisteredHandler[]): Promise<HandleResult>;
  /** Aborts the signals of the handlers that are running. */
  abortAll(): void;
  /** Tells the ledger once more what it could not be told, and sends the dead letters that are due. */
  close(): Promise<void>;
}

export function createHandleOnce(options: HandleOnceOptions): HandleOnce {
  const { receiverName, ledger, logger, handlerTimeoutMs, runHandlers, reporter, unfinished } = options;
  const identityOf = createIdentifier(options.identify, 'ledger');
  /** The events whose handlers run, by key. This process never starts one of them again, whatever a lease says. */
  const running = new Map<string, LedgerProgress>();
  const failed = new FailedEvents(options, (key) => running.has(key));
  let timer: NodeJS.Timeout | undefined;

  /** One timer renews the leases of all events, and finds those that do not come again. It stops when no event is left. */
  function lookAfterEvents(): void {
    for (const [key, progress] of running) void renew(key, progress);
    failed.sweep();
    if (running.size > 0 || !failed.isEmpty) return;
    clearInterval(timer);
    timer = undefined;
  }

  function startTimer(): void {
    timer ??= setRepeatingTimer(lookAfterEvents, LEASE_MS / RENEWALS_PER_LEASE);
  }

  async function renew(key: string, progress: LedgerProgress): Promise<void> {
    await progress.renew();
    if (progress.isOver && running.get(key) === progress) running.delete(key);
  }

  async function handle(
    delivery: EventDelivery,
    handlers: readonly RegisteredHandler[],
  ): Promise<HandleResult> {
    const identity = identityOf(delivery);
    const key = `${receiverName}:${identity.key}`;
    const { bodyDigest } = identity;
    const earlier = running.get(key);
    if (earlier) {
      if (earlier.run.bodyDigest !== bodyDigest) reporter.report(eventConflict(), delivery);
      throw inProgress();
    }
    const startedMs = options.now();
    let claim: ClaimResult;
    try {
      claim = await callStore('ledger', 'claim', () => ledger.claim({ key, bodyDigest, leaseMs: LEASE_MS }));
    } catch (error) {
      // If the ledger stays away until Showpad has stopped, nobody handles the event.
      failed.add({ key, bodyDigest, delivery, startedMs }, error as ShowpadWebhookError);
      startTimer();
      throw error;
    }
    if (claim.isConflict) reporter.report(eventConflict(), delivery);
    if (claim.status === 'completed') return { outcome: 'duplicate' };
    if (claim.status !== 'claimed') throw inProgress();
    const { attempt } = claim;
    const context = new AttemptContext(delivery, { receiverName, logger, attempt });
    const progress = new LedgerProgress(options, { key, bodyDigest, claim, delivery, context, startedMs });
    const error = await runWithinTimeout({ delivery, context, handlers, progress });
    return { outcome: 'handled', error, attempt };
  }

  /** Resolves when the handlers have ended, or at the timeout. After the timeout they go on, and keep the event until they end. */
  function runWithinTimeout(run: LedgerRun): Promise<ShowpadWebhookError | undefined> {
    const { context, progress } = run;
    const claimed = progress.run;
    running.set(claimed.key, progress);
    startTimer();
    return new Promise((resolve) => {
      let isLate = false;
      const stopWatching = watchTime({
        timeoutMs: handlerTimeoutMs,
        onTimeout(error) {
          isLate = true;
          unfinished.add();
          context.abort();
          failed.add(claimed, error);
          reporter.waitUntil(ended);
          resolve(error);
        },
        onGiveUp(error) {
          progress.giveUp(error);
          failed.delete(claimed.key);
        },
      });
      const ended = runToTheEnd(run).then((error) => {
        stopWatching();
        // If the ledger could not be told, the event stays with this process until it can, or until the lease is over.
        if (progress.isOver) running.delete(claimed.key);
        resolve(error);
        if (!isLate) return;
        unfinished.delete();
        if (error) progress.report(error);
      });
    });
  }

  /** Runs the handlers and tells the ledger how they ended. Resolves to the error that decides the response, if any. */
  async function runToTheEnd(run: LedgerRun): Promise<ShowpadWebhookError | undefined> {
    const { progress } = run;
    const claimed = progress.run;
    const error = await runHandlers(run);
    if (!error || !isRetryable(error)) failed.delete(claimed.key);
    else if (!progress.isGivenUp) {
      failed.add(claimed, error);
      await failed.settleLast(claimed);
    }
    await progress.settle(error);
    return error;
  }

  function abortAll(): void {
    for (const progress of running.values()) progress.abort();
  }

  async function close(): Promise<void> {
    await Promise.all([...running].map(([key, progress]) => progress.isEnding && renew(key, progress)));
    await failed.close();
  }

  return { handle, abortAll, close };
}

interface LedgerRun extends Attempt {
  readonly progress: LedgerProgress;
}
