import type { DeadLetter, DeadLetterListener, Delivery, DeliveryInfo, ErrorListener } from './delivery.ts';
import type { ShowpadWebhookError } from './error.ts';
import type { ShowpadEventMap } from './event-map.ts';
import { plainHeaders } from './headers.ts';
import { inTime } from './in-time.ts';
import { silentLogger } from './logger.ts';
import type { Settings } from './options.ts';
import { failureOutcome, type Outcome } from './response.ts';

const LONGEST_LOGGED_TEXT = 128;

/** Tells the developer what happened: listeners and log. Nothing of it changes an answer but a letter that can't be kept. */
export class Listeners {
  readonly onError: ErrorListener<ShowpadEventMap>[] = [];
  readonly onRejected: ErrorListener<ShowpadEventMap>[] = [];
  readonly onDeadLetter: DeadLetterListener<ShowpadEventMap>[] = [];
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** A delivery that a sender got wrong goes to `onRejected`, everything else to `onError`. */
  report(error: ShowpadWebhookError, delivery?: Delivery): void {
    const isRejected = failureOutcome(error.code) === 'rejected';
    for (const listener of isRejected ? this.onRejected : this.onError) {
      void this.guard(() => listener(error, this.#info(delivery)));
    }
  }

  /**
   * Waits until the letter is kept.
   *
   * @throws ShowpadWebhookError `HANDLER_FAILED` where a listener failed: only a 5xx keeps Showpad trying then.
   */
  async deadLetter(
    reason: DeadLetter<ShowpadEventMap>['reason'],
    error: ShowpadWebhookError,
    delivery: Delivery,
  ): Promise<void> {
    const { request, body, receivedAtMs } = delivery;
    if (!body || this.onDeadLetter.length === 0) return;
    const letter: DeadLetter<ShowpadEventMap> = {
      ...this.#info(delivery),
      reason,
      error,
      rawBody: body,
      headers: plainHeaders(request.headers),
      receivedAt: new Date(receivedAtMs),
    };
    await inTime('HANDLER_FAILED', 'an onDeadLetter listener failed', () =>
      Promise.all(this.onDeadLetter.map(async (listener) => listener(letter))),
    );
  }

  /** The one log line of a delivery: no payload, no key, no signature. */
  log(
    outcome: Outcome,
    status: number | undefined,
    error: ShowpadWebhookError | undefined,
    delivery: Delivery,
  ): void {
    const { logger, name, clock } = this.#settings;
    if (logger === silentLogger) return;
    const fields = {
      receiver: name,
      outcome,
      ...(status && { status }),
      ...(error && { code: error.code, reason: error.message, hint: error.hint }),
      ...(delivery.event && { type: clip(delivery.event.type), id: clip(delivery.event.id) }),
      ...(delivery.keyLabel !== undefined && { keyLabel: delivery.keyLabel }),
      ...(delivery.context && { attempt: delivery.context.attempt }),
      durationMs: clock() - delivery.receivedAtMs,
    };
    const level = !error ? 'info' : outcome === 'failed' || outcome === 'refused' ? 'error' : 'warn';
    void this.guard(() => logger[level](fields, `showpad webhook ${outcome}`));
  }

  #info({ request, keyLabel, event, context }: Partial<Delivery> = {}): DeliveryInfo<ShowpadEventMap> {
    const { method, url } = request ?? {};
    return { receiver: this.#settings.name, method, url, keyLabel, event, attempt: context?.attempt };
  }

  /** Runs what is not ours, and lets nothing that it throws out: what it resolves to never rejects. */
  async guard(call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (thrown) {
      const fields = { receiver: this.#settings.name, err: thrown };
      try {
        await this.#settings.logger.error(fields, 'a showpad webhook listener failed');
      } catch {
        // The logger is what failed: nobody is left to tell.
      }
    }
  }
}

function clip(text: string): string {
  return text.length > LONGEST_LOGGED_TEXT ? `${text.slice(0, LONGEST_LOGGED_TEXT)}…` : text;
}
