import type { Reporter } from '../reporting/reporter.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import type { MaybePromise } from '../shared/promise.ts';
import { callStore } from './call-store.ts';
import { LEASE_MS, type Ledger } from './ledger.ts';
import type { ClaimedRun } from './ledger-progress.ts';

/** An event that was not handled. It has no claim if the ledger could not be asked for it. */
export type FailedRun = Omit<ClaimedRun, 'claim' | 'context'> & Partial<Pick<ClaimedRun, 'claim'>>;

/** When Showpad's last retry comes, counted from the first failed response (docs/showpad.md, "Delivery and retries"). */
export const LAST_RETRY_MS = 14_250;
/** Showpad's timestamps are whole seconds, so the time between two of them may seem shorter by this much. */
const ROUNDING_MS = 1_000;
/** How long to wait for the last retry in case it never comes. */
export const GRACE_MS = 2_000;
/** This marker is stored like a handler's name, so that the next holder knows that the dead letter was sent. */
const LETTER_SENT = 'showpad-webhooks:dead-letter';

export interface FailedEventsOptions {
  readonly ledger: Ledger;
  /** A clock in ms that does not step. */
  readonly now: () => number;
  readonly handlerTimeoutMs: number;
  readonly reporter: Reporter;
}

interface Failure {
  readonly run: FailedRun;
  readonly error: ShowpadWebhookError;
  readonly first: FirstFailure;
}

interface FirstFailure {
  /** When the response was known to fail, by the clock of this process. */
  readonly atMs: number;
  /** The same time by Showpad's clock: when it signed the first delivery, and how long the response took. */
  readonly showpadMs: number;
}

/**
 * The events that failed, because of a handler or of the ledger, and that Showpad may still send again. When it has stopped,
 * each that was not handled becomes one dead letter. Attempts are not counted: two subscriptions send an event twice as often,
 * and slow handlers let retries pass by.
 */
export class FailedEvents {
  readonly #options: FailedEventsOptions;
  readonly #failures = new Map<string, Failure>();
  readonly #isRunning: (key: string) => boolean;
  /** How many events the ledger is being asked for. If another process is handling one, it comes back into the list. */
  #asked = 0;

  constructor(options: FailedEventsOptions, isRunning: (key: string) => boolean) {
    this.#options = options;
    this.#isRunning = isRunning;
  }

  get isEmpty(): boolean {
    return this.#failures.size === 0 && this.#asked === 0;
  }

  /** Notes a failed response to an event. */
  add(run: FailedRun, error: ShowpadWebhookError): void {
    if (this.#options.reporter.onDeadLetter.length === 0) return; // Nobody would get the letter.
    // A queue sends it again at times of its own, and keeps what fails in the end.
    if (run.delivery.request.receivedAtMs !== undefined) return;
    const first = this.#failures.get(run.key)?.first ?? this.#firstFailureOf(run);
    this.#failures.set(run.key, { run, error, first });
  }

  /** Notes that an event needs no letter any more. */
  delete(key: string): void {
    this.#failures.delete(key);
  }

  /**
   * Sends the letter of an event that this process has claimed, if its delivery was the last one. Showpad's own timestamps
   * tell, so it does not matter how the clocks of this side run.
   */
  async settleLast({ key, claim, delivery }: ClaimedRun): Promise<void> {
    const failure = this.#failures.get(key);
    if (!failure) return;
    const sinceFirstMs = delivery.timestampSeconds * 1000 - failure.first.showpadMs;
    if (sinceFirstMs < LAST_RETRY_MS - ROUNDING_MS) return;
    // A process that was paused may have lost the event. Then `sweep` asks the ledger what became of it.
    const { ledger } = this.#options;
    const holding = { key, fence: claim.fence };
    const isHeld = await this.#tell('checkpoint', failure, () =>
      ledger.checkpoint(holding, { leaseMs: LEASE_MS }),
    );
    if (!isHeld) return;
    this.#failures.delete(key);
    await this.#send(failure, claim);
  }

  /** Sends the letters of all events that Showpad does not send again. Those that it does are for the next process. */
  async close(): Promise<void> {
    const due = this.#due(LAST_RETRY_MS);
    this.#failures.clear();
    await Promise.all(due.map((failure) => this.#abandon(failure)));
  }

  /** Sends the letters of events whose last retry never came. Call it every few seconds. */
  sweep(): void {
    for (const failure of this.#due(LAST_RETRY_MS + GRACE_MS)) void this.#abandon(failure);
  }

  #due(waitMs: number): readonly Failure[] {
    return [...this.#failures.values()].filter(
      ({ first, run }) => this.#options.now() - first.atMs >= waitMs && !this.#isRunning(run.key),
    );
  }

  /** Another process may have handled the event, or be handling it. */
  async #abandon(failure: Failure): Promise<void> {
    const { key, bodyDigest, delivery } = failure.run;
    const { ledger, reporter } = this.#options;
    this.#failures.delete(key);
    this.#asked++;
    try {
      const claim = await callStore('ledger', 'claim', () =>
        ledger.claim({ key, bodyDigest, leaseMs: LEASE_MS }),
      );
      if (claim.status === 'in-progress') this.#failures.set(key, failure);
      if (claim.status !== 'claimed') return;
      await this.#send(failure, claim);
      await this.#tell('release', failure, () => ledger.release({ key, fence: claim.fence }));
    } catch (error) {
      // Without the ledger nobody knows whether the event was handled, and a letter too many is better than none.
      reporter.report(error as ShowpadWebhookError, delivery);
      await this.#keep(failure);
    } finally {
      this.#asked--;
    }
  }

  async #send(failure: Failure, { fence, done }: ClaimedRun['claim']): Promise<void> {
    if (done.includes(LETTER_SENT) || !(await this.#keep(failure))) return;
    const { ledger } = this.#options;
    const { key } = failure.run;
    const update = { leaseMs: LEASE_MS, handler: LETTER_SENT };
    await this.#tell('checkpoint', failure, () => ledger.checkpoint({ key, fence }, update));
  }

  /** Calls the ledger. If that fails, it is only reported, and the result is false, as if the ledger had said so. */
  async #tell(operation: string, { run }: Failure, call: () => MaybePromise<boolean>): Promise<boolean> {
    try {
      return await callStore('ledger', operation, call);
    } catch (error) {
      this.#options.reporter.report(error as ShowpadWebhookError, run.delivery);
      return false;
    }
  }

  /** @returns false if a listener could not keep the letter. */
  #keep({ run: { delivery, claim }, error }: Failure): Promise<boolean> {
    return this.#options.reporter.sendLetter('attempts-exhausted', error, delivery, claim?.attempt);
  }

  #firstFailureOf({ claim, delivery, startedMs }: FailedRun): FirstFailure {
    const { now, handlerTimeoutMs } = this.#options;
    const signedMs = delivery.timestampSeconds * 1000;
    const nowMs = now();
    if (!claim || claim.attempt === 1) return { atMs: nowMs, showpadMs: signedMs + nowMs - startedMs };
    // Another process answered the first delivery, at the timeout of its handlers at the latest.
    const agoMs = Math.max(0, claim.ageMs - handlerTimeoutMs);
    return { atMs: nowMs - agoMs, showpadMs: signedMs - agoMs };
  }
}
