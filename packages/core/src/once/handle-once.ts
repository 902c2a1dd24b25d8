import type { EventDelivery } from '../delivery/delivery.ts';
import { DeliveryContext } from '../handlers/context.ts';
import type { RegisteredHandler } from '../handlers/handler.ts';
import { type Attempt, isRetryable, type RunHandlers } from '../handlers/run-handlers.ts';
import type { Reporter } from '../reporting/reporter.ts';
import type { SlowRuns } from '../reporting/slow-runs.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import type { Logger } from '../shared/logger.ts';
import { setRepeatingTimer } from '../shared/promise.ts';
import { callStore } from './call-store.ts';
import { eventConflict, inProgress } from './errors.ts';
import { createIdentifier, type Identify } from './identity.ts';
import { LEASE_MS, type Ledger } from './ledger.ts';
import { LedgerProgress } from './ledger-progress.ts';
import { watchTime } from './time-limit.ts';
import type { Unfinished } from './unfinished.ts';

/** The first delivery and three retries (docs/showpad.md, "Delivery and retries"). */
const SHOWPAD_ATTEMPTS = 4;

export interface HandleOnceOptions {
  readonly receiverName: string;
  readonly ledger: Ledger;
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
}

export function createHandleOnce(options: HandleOnceOptions): HandleOnce {
  const { receiverName, ledger, logger, handlerTimeoutMs, runHandlers, reporter, unfinished } = options;
  const identityOf = createIdentifier(options.identify, 'ledger');
  /** The events whose handlers run, by key. This process never starts one of them again, whatever a lease says. */
  const running = new Map<string, LedgerProgress>();
  let renewal: NodeJS.Timeout | undefined;

  /** One timer renews the leases of all events. It stops when no event is left. */
  function renewLeases(): void {
    for (const progress of running.values()) void progress.renew();
    if (running.size > 0) return;
    clearInterval(renewal);
    renewal = undefined;
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
      if (earlier.bodyDigest !== bodyDigest) reporter.report(eventConflict(), delivery);
      throw inProgress();
    }
    const claim = await callStore('ledger', 'claim', () =>
      ledger.claim({ key, bodyDigest, leaseMs: LEASE_MS }),
    );
    if (claim.isConflict) reporter.report(eventConflict(), delivery);
    if (claim.status === 'completed') return { outcome: 'duplicate' };
    if (claim.status !== 'claimed') throw inProgress();

    const { attempt } = claim;
    const context = new DeliveryContext(delivery, { receiverName, logger, attempt });
    const progress = new LedgerProgress(options, { key, bodyDigest, claim, delivery, context });
    running.set(key, progress);
    renewal ??= setRepeatingTimer(renewLeases, LEASE_MS / 3);
    const error = await runWithinTimeout({ key, delivery, context, handlers, progress });
    return { outcome: 'handled', error, attempt };
  }

  /** Resolves when the handlers have ended, or at the timeout. After the timeout they go on, and keep the event until they end. */
  function runWithinTimeout(run: LedgerRun): Promise<ShowpadWebhookError | undefined> {
    const { key, context, progress } = run;
    return new Promise((resolve) => {
      let isLate = false;
      const stopWatching = watchTime({
        timeoutMs: handlerTimeoutMs,
        onTimeout(error) {
          isLate = true;
          unfinished.add();
          context.abort();
          resolve(error);
        },
        onGiveUp: (error) => progress.giveUp(error),
      });
      void runToTheEnd(run).then((error) => {
        stopWatching();
        running.delete(key);
        resolve(error);
        if (!isLate) return;
        unfinished.delete();
        if (error) progress.report(error);
      });
    });
  }

  /** Runs the handlers and tells the ledger how they ended. Resolves to the error that decides the response, if any. */
  async function runToTheEnd(run: LedgerRun): Promise<ShowpadWebhookError | undefined> {
    const error = await runHandlers(run);
    await run.progress.settle(error);
    const isLastAttempt = error && isRetryable(error) && run.context.attempt >= SHOWPAD_ATTEMPTS;
    if (isLastAttempt) await run.progress.keepLetter('attempts-exhausted', error);
    return error;
  }

  function abortAll(): void {
    for (const progress of running.values()) progress.abort();
  }

  return { handle, abortAll };
}

interface LedgerRun extends Attempt {
  readonly key: string;
  readonly progress: LedgerProgress;
}
