import type { EventDelivery } from '../delivery/delivery.ts';
import { DeliveryContext } from '../handlers/context.ts';
import type { RegisteredHandler } from '../handlers/handler.ts';
import { decidingError, isRetryable, type RunHandlers } from '../handlers/run-handlers.ts';
import type { Reporter } from '../reporting/reporter.ts';
import type { SlowRuns } from '../reporting/slow-runs.ts';
import { type ShowpadWebhookError, toWebhookError } from '../shared/error.ts';
import { digestOf } from '../shared/hash.ts';
import type { Logger } from '../shared/logger.ts';
import { callStore } from './call-store.ts';
import { eventConflict, inProgress } from './errors.ts';
import { LEASE_MS, type Ledger } from './ledger.ts';
import { LedgerProgress } from './ledger-progress.ts';
import { watchTime } from './time-limit.ts';
import type { Unfinished } from './unfinished.ts';

/** The first delivery and three retries (docs/showpad.md, "Delivery and retries"). */
const SHOWPAD_ATTEMPTS = 4;

export interface HandleOnceOptions {
  readonly receiverName: string;
  readonly ledger: Ledger;
  readonly clock: () => number;
  readonly logger: Logger;
  readonly handlerTimeoutMs: number;
  readonly runHandlers: RunHandlers;
  readonly reporter: Reporter;
  readonly slowRuns: SlowRuns;
  readonly unfinished: Unfinished;
}

export interface HandleResult {
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
}

export function createHandleOnce(options: HandleOnceOptions): HandleOnce {
  const { receiverName, ledger, clock, logger, handlerTimeoutMs, runHandlers, reporter, unfinished } =
    options;
  /** The keys of events whose handlers run. This process never starts one of them again, whatever a lease says. */
  const running = new Set<string>();

  async function handle(
    delivery: EventDelivery,
    handlers: readonly RegisteredHandler[],
  ): Promise<HandleResult> {
    const key = `${receiverName}:${delivery.event.id}`;
    if (running.has(key)) throw inProgress();
    const bodyDigest = digestOf(delivery.body);
    const claim = await callStore('ledger', 'claim', () =>
      ledger.claim({ key, bodyDigest, leaseMs: LEASE_MS, nowMs: clock() }),
    );
    if (claim.isConflict) reporter.report(eventConflict(), delivery);
    if (claim.status === 'completed') return { outcome: 'duplicate' };
    if (claim.status !== 'claimed') throw inProgress();

    const { attempt } = claim;
    const context = new DeliveryContext(delivery, { receiverName, logger, attempt });
    const progress = new LedgerProgress({
      ...options,
      delivery: { ...delivery, attempt },
      key,
      claim,
      context,
    });
    running.add(key);
    unfinished.add(delivery.request, () => context.abort());
    const error = await answerInTime(finish(), progress);
    return { outcome: 'handled', error, attempt };

    async function finish(): Promise<ShowpadWebhookError | undefined> {
      try {
        const errors = await runHandlers({ delivery, context, handlers, progress });
        const deciding = decidingError(errors);
        for (const error of errors) if (error !== deciding) progress.report(error);
        await progress.settle(deciding);
        const isLost = deciding && isRetryable(deciding) && attempt >= SHOWPAD_ATTEMPTS;
        if (isLost) await progress.keepLetter('attempts-exhausted', deciding);
        return deciding;
      } finally {
        running.delete(key);
        unfinished.delete(delivery.request);
      }
    }
  }

  /** Resolves when the handlers end, or earlier with `HANDLER_TIMEOUT`: then they go on, and how they end is reported. */
  function answerInTime(
    run: Promise<ShowpadWebhookError | undefined>,
    progress: LedgerProgress,
  ): Promise<ShowpadWebhookError | undefined> {
    return new Promise((resolve) => {
      let isAnswered = false;
      const answer = (error: ShowpadWebhookError | undefined) => {
        if (isAnswered && error) progress.report(error);
        isAnswered = true;
        resolve(error);
      };
      void watchTime(run, {
        timeoutMs: handlerTimeoutMs,
        onTimeout(error) {
          progress.abort();
          answer(error);
        },
        onGiveUp: (error) => progress.giveUp(error),
      }).then(answer, (thrown) => answer(toWebhookError(thrown)));
    });
  }

  return { handle };
}
