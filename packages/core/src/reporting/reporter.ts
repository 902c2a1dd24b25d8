import type { KnownDelivery, VerifiedDelivery } from '../delivery/delivery.ts';
import { CODES } from '../delivery/response.ts';
import { type ErrorCode, ShowpadWebhookError } from '../shared/error.ts';
import { plainHeaders } from '../shared/headers.ts';
import { type Logger, logSafely, silentLogger } from '../shared/logger.ts';
import { DEADLINE_MS, isPromise, withDeadline } from '../shared/promise.ts';
import type { DeadLetterListener, DeadLetterReason, ErrorInfo, ErrorListener } from './listeners.ts';
import { warnOfUnheardError } from './warn.ts';

/** Codes that were shown as a process warning: each once per process, so that a sender cannot fill a log. */
const shownCodes = new Set<ErrorCode>();

export interface ReporterOptions {
  readonly receiverName: string;
  readonly logger: Logger;
  readonly waitUntil: ((work: Promise<void>) => void) | undefined;
}

/** Tells the developer what happened, through listeners and the log. Only a dead letter that nobody could keep changes a response. */
export class Reporter {
  readonly onError: ErrorListener[] = [];
  readonly onRejected: ErrorListener[] = [];
  readonly onDeadLetter: DeadLetterListener[] = [];
  readonly #receiverName: string;
  readonly #logger: Logger;
  readonly #waitUntil: ReporterOptions['waitUntil'];

  constructor({ receiverName, logger, waitUntil }: ReporterOptions) {
    this.#receiverName = receiverName;
    this.#logger = logger;
    this.#waitUntil = waitUntil;
  }

  /** Mistakes of a sender go to `onRejected`, and everything else goes to `onError`. */
  report(error: ShowpadWebhookError, delivery?: KnownDelivery, attempt?: number): void {
    const listeners = CODES[error.code].outcome === 'rejected' ? this.onRejected : this.onError;
    for (const listener of listeners) this.guard(() => listener(error, this.#info(delivery, attempt)));
    if (listeners.length === 0 && this.#logger === silentLogger && !shownCodes.has(error.code)) {
      shownCodes.add(error.code);
      warnOfUnheardError(error);
    }
    // A delivery has a log line of its own.
    if (!delivery) this.logFailure(error, error.message);
  }

  /**
   * Sends a letter, and waits until every listener has kept it.
   *
   * @returns `HANDLER_FAILED` if a listener failed, because then only a 5xx keeps Showpad trying.
   */
  async deadLetter(
    reason: DeadLetterReason,
    error: ShowpadWebhookError,
    delivery: VerifiedDelivery & KnownDelivery,
    attempt?: number,
  ): Promise<ShowpadWebhookError | undefined> {
    if (this.onDeadLetter.length === 0) return undefined;
    const letter = {
      ...this.#info(delivery, attempt),
      reason,
      error,
      rawBody: delivery.body,
      headers: plainHeaders(delivery.request.headers),
      receivedAt: new Date(delivery.receivedAtMs),
    };
    try {
      await withDeadline(Promise.all(this.onDeadLetter.map(async (listener) => listener(letter))));
      return undefined;
    } catch (cause) {
      return new ShowpadWebhookError('HANDLER_FAILED', 'A dead letter could not be kept.', {
        hint: `An onDeadLetter listener threw or took longer than ${DEADLINE_MS} ms: see error.cause.`,
        cause,
      });
    }
  }

  /** Sends a letter on which no response depends. Resolves to false if a listener could not keep it, which is reported. */
  async sendLetter(
    reason: DeadLetterReason,
    error: ShowpadWebhookError,
    delivery: VerifiedDelivery & KnownDelivery,
    attempt?: number,
  ): Promise<boolean> {
    const unkept = await this.deadLetter(reason, error, delivery, attempt);
    if (unkept) this.report(unkept, delivery, attempt);
    return !unkept;
  }

  /** Calls code that is not ours. What it throws, or rejects with, is logged and goes no further. */
  guard(call: () => unknown): void {
    const logFailure = (thrown: unknown) => this.logFailure(thrown, 'A Showpad webhook listener failed.');
    try {
      const result = call();
      if (isPromise(result)) this.waitUntil(Promise.resolve(result).then(() => {}, logFailure));
    } catch (thrown) {
      logFailure(thrown);
    }
  }

  /** Tells the platform of work that may outlive the response. */
  waitUntil(work: Promise<void>): void {
    if (this.#waitUntil) this.guard(() => this.#waitUntil?.(work));
  }

  logFailure(err: unknown, message: string): void {
    logSafely(() => this.#logger.error({ receiverName: this.#receiverName, err }, message));
  }

  #info(delivery: KnownDelivery | undefined, attempt: number | undefined): ErrorInfo {
    return {
      receiverName: this.#receiverName,
      method: delivery?.request?.method,
      url: delivery?.request?.url,
      keyLabel: delivery?.keyLabel,
      event: delivery?.event,
      attempt,
    };
  }
}
