import type { EventDelivery, KnownDelivery } from '../delivery/delivery.ts';
import type { DeliveryContext } from '../handlers/context.ts';
import { type EndedHandler, isRetryable, type Progress } from '../handlers/run-handlers.ts';
import type { DeadLetterReason } from '../reporting/listeners.ts';
import type { Reporter } from '../reporting/reporter.ts';
import type { SlowRuns } from '../reporting/slow-runs.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import type { MaybePromise } from '../shared/promise.ts';
import { callStore } from './call-store.ts';
import { claimLost, inProgress } from './errors.ts';
import { type ClaimResult, LEASE_MS, type Ledger } from './ledger.ts';

export interface LedgerProgressOptions {
  readonly ledger: Ledger;
  readonly key: string;
  readonly claim: Extract<ClaimResult, { status: 'claimed' }>;
  readonly delivery: EventDelivery & KnownDelivery;
  readonly context: DeliveryContext;
  readonly clock: () => number;
  readonly reporter: Reporter;
  readonly slowRuns: SlowRuns;
}

/** One claim of a ledger: it renews the lease while handlers run, and notes how they end. */
export class LedgerProgress implements Progress {
  readonly isFromInbox = false;
  readonly done: readonly string[];
  readonly #options: LedgerProgressOptions;
  readonly #renewal: NodeJS.Timeout;
  /** What the ledger gave is passed back to it, so that it can keep something of its own in it. */
  readonly #claim: LedgerProgressOptions['claim'] & { readonly key: string };
  #isLost = false;
  #hasFailed = false;

  constructor(options: LedgerProgressOptions) {
    this.#options = options;
    this.#claim = { ...options.claim, key: options.key };
    this.done = options.claim.done;
    this.#renewal = setInterval(() => void this.#renew(), LEASE_MS / 3);
  }

  async note({ handlerName, error: thrown, isLast, durationMs }: EndedHandler): ReturnType<Progress['note']> {
    this.#options.slowRuns.note(handlerName, durationMs);
    let error = thrown;
    // If nobody could keep the letter of a permanent error, it is an ordinary failure: a retry may keep it.
    if (error && !isRetryable(error)) error = (await this.keepLetter('permanent', error)) ?? error;
    const isSettled = !error || !isRetryable(error);
    if (!isSettled) this.#hasFailed = true;
    // After the last handler of a clean run `complete` follows at once, so a checkpoint would be one call too many.
    const isNoted = isSettled && !(isLast && !this.#hasFailed);
    if (isNoted) await this.#renew(handlerName);
    // The handlers that are left run in the process that has taken the event over.
    if (this.#isLost && !isLast) error ??= inProgress();
    return { mayGoOn: !this.#isLost, error };
  }

  /** Ends the claim: the event is completed, or free for the next attempt if a retry may help. */
  async settle(error: ShowpadWebhookError | undefined): Promise<void> {
    clearInterval(this.#renewal);
    if (this.#isLost) return;
    const { ledger, clock } = this.#options;
    const operation = error && isRetryable(error) ? 'release' : 'complete';
    await this.#tell(operation, () => ledger[operation](this.#claim, { nowMs: clock() }));
  }

  /** Stops waiting for handlers that never end: the lease is not renewed any more, and the event goes to `onDeadLetter`. */
  giveUp(error: ShowpadWebhookError): void {
    clearInterval(this.#renewal);
    this.report(error);
    void this.keepLetter('handler-timeout', error);
  }

  /** @returns what went wrong with keeping it. This is reported too. */
  async keepLetter(
    reason: DeadLetterReason,
    error: ShowpadWebhookError,
  ): Promise<ShowpadWebhookError | undefined> {
    const unkept = await this.#options.reporter.deadLetter(reason, error, this.#options.delivery);
    if (unkept && reason !== 'permanent') this.report(unkept);
    return unkept;
  }

  abort(): void {
    this.#options.context.abort();
  }

  report(error: ShowpadWebhookError): void {
    this.#options.reporter.report(error, this.#options.delivery);
  }

  #renew(handler?: string): Promise<void> {
    const { ledger, clock } = this.#options;
    const update = { leaseMs: LEASE_MS, nowMs: clock(), ...(handler !== undefined && { handler }) };
    return this.#tell('checkpoint', () => ledger.checkpoint(this.#claim, update));
  }

  /** Once handlers ran, trouble of the ledger is reported and no longer decides the response: a 5xx would run them again. */
  async #tell(operation: string, call: () => MaybePromise<boolean>): Promise<void> {
    try {
      if (await callStore('ledger', operation, call)) return;
      this.#isLost = true;
      this.abort();
      this.report(claimLost('ledger', operation));
    } catch (error) {
      this.report(error as ShowpadWebhookError);
    }
  }
}
