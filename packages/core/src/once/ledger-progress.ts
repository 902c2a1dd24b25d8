import type { EventDelivery } from '../delivery/delivery.ts';
import type { AttemptContext, StoreClaim } from '../handlers/context.ts';
import { type EndedHandler, isRetryable, type Noted, type Progress } from '../handlers/run-handlers.ts';
import type { Reporter } from '../reporting/reporter.ts';
import type { SlowRuns } from '../reporting/slow-runs.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import type { MaybePromise } from '../shared/promise.ts';
import { callStore } from './call-store.ts';
import { claimLost, inProgress } from './errors.ts';
import { type Claim, type ClaimResult, LEASE_MS, type Ledger } from './ledger.ts';

export interface LedgerProgressOptions {
  readonly ledger: Ledger;
  readonly reporter: Reporter;
  readonly slowRuns: SlowRuns;
}

/** One event that was claimed. */
export interface ClaimedRun {
  readonly key: string;
  readonly bodyDigest: number;
  readonly claim: Extract<ClaimResult, { status: 'claimed' }>;
  readonly delivery: EventDelivery;
  readonly context: AttemptContext;
  /** When the ledger was asked for the event, in ms of a clock that does not step. */
  readonly startedMs: number;
}

type Ending = 'complete' | 'release';

/** How often `renew()` is called before a lease that is not renewed is over. */
export const RENEWALS_PER_LEASE = 3;

/** One claim of a ledger: it notes how handlers end, and keeps the lease until then. */
export class LedgerProgress implements Progress {
  readonly isFromInbox = false;
  readonly done: readonly string[];
  readonly claim: StoreClaim;
  readonly #options: LedgerProgressOptions;
  readonly run: ClaimedRun;
  readonly #claim: Claim;
  #isLost = false;
  #hasFailed = false;
  #isGivenUp = false;
  #ending: Ending | undefined;
  #vainEnds = 0;
  #callsUnderWay = 0;
  #isOver = false;

  constructor(options: LedgerProgressOptions, run: ClaimedRun) {
    this.#options = options;
    this.run = run;
    this.#claim = { key: run.key, fence: run.claim.fence };
    this.claim = { key: run.key, fence: run.claim.fence, store: options.ledger };
    this.done = run.claim.done;
  }

  note({ handlerName, identity, error, isLast, durationMs }: EndedHandler): MaybePromise<Noted> {
    this.#options.slowRuns.note(handlerName, durationMs);
    // After the last handler of a clean run `complete` follows at once, so a checkpoint would be one call too many.
    if (isLast && !error && !this.#hasFailed) return { mayGoOn: true };
    return this.#noteAndRenew(identity, error, isLast);
  }

  async #noteAndRenew(
    identity: string,
    thrown: ShowpadWebhookError | undefined,
    isLast: boolean,
  ): Promise<Noted> {
    let error = thrown;
    if (error && !isRetryable(error)) error = await this.#endForGood(error);
    if (error && isRetryable(error)) this.#hasFailed = true;
    else if (!isLast || this.#hasFailed) await this.#checkpoint(identity);
    // The handlers that are left run in the process that has taken the event over.
    if (this.#isLost && !isLast) error ??= inProgress();
    return { mayGoOn: !this.#isLost, error };
  }

  /** Keeps the letter of a permanent error. Resolves to the error that counts. */
  async #endForGood(error: ShowpadWebhookError): Promise<ShowpadWebhookError> {
    // A process that was paused may have lost the event, and then another one decides what becomes of it.
    await this.#checkpoint();
    if (this.#isLost) return inProgress();
    const { delivery, claim } = this.run;
    // If nobody could keep the letter, it is an ordinary failure: a retry may keep it.
    return (await this.#options.reporter.deadLetter('permanent', error, delivery, claim.attempt)) ?? error;
  }

  /**
   * Ends the claim: the event is completed, or free for the next attempt if a retry may help. If the ledger cannot be told,
   * `renew()` tells it again while the lease lasts, so that a retry does not find the event half done.
   */
  settle(error: ShowpadWebhookError | undefined): Promise<void> {
    this.#ending = error && isRetryable(error) ? 'release' : 'complete';
    return this.#end(this.#ending);
  }

  /** True if the handlers have ended and the ledger could not be told. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  /** True if this process has nothing more to do for the event. */
  get isOver(): boolean {
    return this.#isOver || this.#isLost;
  }

  async #end(operation: Ending): Promise<void> {
    const { ledger } = this.#options;
    const isTold = this.#isLost || (await this.#tell(operation, () => ledger[operation](this.#claim)));
    this.#isOver = isTold || ++this.#vainEnds > RENEWALS_PER_LEASE;
  }

  /** Stops waiting for handlers that never end: the lease is not renewed any more, and the event goes to `onDeadLetter`. */
  giveUp(error: ShowpadWebhookError): void {
    this.#isGivenUp = true;
    const { delivery, claim } = this.run;
    this.report(error);
    void this.#options.reporter.sendLetter('handler-timeout', error, delivery, claim.attempt);
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  abort(): void {
    this.run.context.abort();
  }

  report(error: ShowpadWebhookError): void {
    const { delivery, claim } = this.run;
    this.#options.reporter.report(error, delivery, claim.attempt);
  }

  /** Keeps the event for this process, as long as anybody waits for its handlers. */
  async renew(): Promise<void> {
    // A call that is under way renews the lease or ends the claim, and a claim must not be ended twice.
    if (this.isOver || this.#callsUnderWay > 0) return;
    if (this.#ending) await this.#end(this.#ending);
    else if (!this.#isGivenUp) await this.#checkpoint();
  }

  #checkpoint(handler?: string): Promise<boolean> {
    const { ledger } = this.#options;
    return this.#tell('checkpoint', () => ledger.checkpoint(this.#claim, { leaseMs: LEASE_MS, handler }));
  }

  /**
   * Once handlers ran, trouble of the ledger is reported and no longer decides the response: a 5xx would run them again.
   *
   * @returns false if the ledger could not be told.
   */
  async #tell(operation: string, call: () => MaybePromise<boolean>): Promise<boolean> {
    this.#callsUnderWay++;
    try {
      if (await callStore('ledger', operation, call)) return true;
      // A renewal may come to the ledger after the claim has ended. If the claim is lost, the ending itself is refused too.
      if (this.#ending && operation !== this.#ending) return true;
      this.#isLost = true;
      this.abort();
      this.report(claimLost('ledger', operation));
      return true;
    } catch (error) {
      this.report(error as ShowpadWebhookError);
      return false;
    } finally {
      this.#callsUnderWay--;
    }
  }
}
