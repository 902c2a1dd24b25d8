import type { Reporter } from '../reporting/reporter.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import { callStore } from './call-store.ts';
import { LEASE_MS, type Ledger } from './ledger.ts';
import type { ClaimedRun } from './ledger-progress.ts';

/** When Showpad's last retry comes, counted from the first failed response (docs/showpad.md, "Delivery and retries"). */
const LAST_RETRY_MS = 14_250;
/** How much earlier than that the last retry may seem to come, because two clocks never run at exactly the same speed. */
const EARLY_MS = 50;
/** How long to wait for the last retry in case it never comes. */
const GRACE_MS = 2_000;
/** Is kept like the name of a handler that is done, so that whoever claims the event next knows of its letter. */
const LETTER_SENT = 'showpad-webhooks:dead-letter';

export interface FailedEventsOptions {
  readonly ledger: Ledger;
  /** A clock in ms that does not step. */
  readonly now: () => number;
  readonly handlerTimeoutMs: number;
  readonly reporter: Reporter;
}

interface Failure {
  readonly run: ClaimedRun;
  readonly error: ShowpadWebhookError;
  readonly firstFailureMs: number;
}

/**
 * The events whose handlers failed and that Showpad may still send again. When it has stopped, each that was not handled
 * becomes one dead letter. Attempts are not counted: two subscriptions send an event twice as often, and slow handlers let
 * retries pass by.
 */
export class FailedEvents {
  readonly #options: FailedEventsOptions;
  readonly #failures = new Map<string, Failure>();
  readonly #isRunning: (key: string) => boolean;

  constructor(options: FailedEventsOptions, isRunning: (key: string) => boolean) {
    this.#options = options;
    this.#isRunning = isRunning;
  }

  get isEmpty(): boolean {
    return this.#failures.size === 0;
  }

  /** Notes a failed response to an event. */
  add(run: ClaimedRun, error: ShowpadWebhookError): void {
    if (this.#options.reporter.onDeadLetter.length === 0) return; // Nobody would get the letter.
    const firstFailureMs = this.#failures.get(run.key)?.firstFailureMs ?? this.#firstFailureOf(run);
    this.#failures.set(run.key, { run, error, firstFailureMs });
  }

  /** Notes that an event needs no letter any more. */
  delete(key: string): void {
    this.#failures.delete(key);
  }

  /** Sends the letter of an event that this process has claimed, if its failure was the last one. */
  async settleLast({ key, claim }: ClaimedRun): Promise<void> {
    const failure = this.#failures.get(key);
    if (!failure || this.#waitedMs(failure) < LAST_RETRY_MS - EARLY_MS) return;
    this.#failures.delete(key);
    await this.#send(failure, claim);
  }

  /** Sends the letters of all events that Showpad does not send again. Those that it does are for the next process. */
  async close(): Promise<void> {
    await Promise.all(this.#due(LAST_RETRY_MS).map((failure) => this.#abandon(failure)));
  }

  /** Sends the letters of events whose last retry never came. Call it every few seconds. */
  sweep(): void {
    for (const failure of this.#due(LAST_RETRY_MS + GRACE_MS)) void this.#abandon(failure);
  }

  #due(waitMs: number): readonly Failure[] {
    return [...this.#failures.values()].filter(
      (failure) => this.#waitedMs(failure) >= waitMs && !this.#isRunning(failure.run.key),
    );
  }

  /** Another process may have handled the event, or be handling it. */
  async #abandon(failure: Failure): Promise<void> {
    const { key, bodyDigest, delivery } = failure.run;
    const { ledger, reporter } = this.#options;
    this.#failures.delete(key);
    try {
      const claim = await callStore('ledger', 'claim', () =>
        ledger.claim({ key, bodyDigest, leaseMs: LEASE_MS }),
      );
      if (claim.status === 'in-progress') this.#failures.set(key, failure);
      if (claim.status !== 'claimed') return;
      await this.#send(failure, claim);
      await callStore('ledger', 'release', () => ledger.release({ key, fence: claim.fence }));
    } catch (error) {
      // Without the ledger nobody knows whether the event was handled, and a letter too many is better than none.
      reporter.report(error as ShowpadWebhookError, delivery);
      await this.#keep(failure);
    }
  }

  async #send(failure: Failure, { fence, done }: ClaimedRun['claim']): Promise<void> {
    if (done.includes(LETTER_SENT) || !(await this.#keep(failure))) return;
    const { ledger, reporter } = this.#options;
    const { key, delivery } = failure.run;
    try {
      const update = { leaseMs: LEASE_MS, handler: LETTER_SENT };
      await callStore('ledger', 'checkpoint', () => ledger.checkpoint({ key, fence }, update));
    } catch (error) {
      reporter.report(error as ShowpadWebhookError, delivery);
    }
  }

  /** @returns false if a listener could not keep the letter. This is reported. */
  async #keep({ run: { delivery, claim }, error }: Failure): Promise<boolean> {
    const { reporter } = this.#options;
    const unkept = await reporter.deadLetter('attempts-exhausted', error, delivery, claim.attempt);
    if (unkept) reporter.report(unkept, delivery, claim.attempt);
    return !unkept;
  }

  #waitedMs({ firstFailureMs }: Failure): number {
    return this.#options.now() - firstFailureMs;
  }

  /** If the first attempt was that of another process, its response came at the handlers' timeout at the latest. */
  #firstFailureOf({ claim: { ageMs } }: ClaimedRun): number {
    const { now, handlerTimeoutMs } = this.#options;
    return now() - Math.max(0, ageMs - handlerTimeoutMs);
  }
}
