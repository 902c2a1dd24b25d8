import type { DeadLetter, DeadLetterListener, Delivery, DeliveryInfo, ErrorListener } from './delivery.ts';
import { diagnose } from './diagnose.ts';
import type { ShowpadWebhookError } from './error.ts';
import type { ShowpadEventMap } from './event-map.ts';
import { silentLogger } from './logger.ts';
import type { Settings } from './options.ts';
import { failureOutcome } from './response.ts';

/** What was told to nobody in particular: once in a process, so that a sender can't fill a log. */
const told = new Set<string>();

/** Tells the developer what happened: listeners and log. Nothing of it changes an answer but a letter that can't be kept. */
export class Listeners {
  readonly onError: ErrorListener<ShowpadEventMap>[] = [];
  readonly onRejected: ErrorListener<ShowpadEventMap>[] = [];
  readonly #onDeadLetter: DeadLetterListener<ShowpadEventMap>[] = [];
  readonly #settings: Settings;
  #keeping: Promise<typeof import('./dead-letter.ts')> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** A delivery that a sender got wrong goes to `onRejected`, everything else to `onError`. */
  report(error: ShowpadWebhookError, delivery?: Delivery): void {
    const listeners = failureOutcome(error.code) === 'rejected' ? this.onRejected : this.onError;
    for (const listener of listeners) void this.guard(() => listener(error, this.#info(delivery)));
    if (listeners.length === 0 && this.#settings.logger === silentLogger && !told.has(error.code)) {
      told.add(error.code);
      void this.guard(() => diagnose(({ warnOfUnheard }) => warnOfUnheard(error)));
    }
  }

  addDeadLetterListener(listener: DeadLetterListener<ShowpadEventMap>): void {
    this.#onDeadLetter.push(listener);
    // Loaded by those alone who listen.
    this.#keeping ??= import('./dead-letter.ts');
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
    const info = { ...this.#info(delivery), reason, error };
    await (await this.#keeping)?.keepDeadLetter(this.#onDeadLetter, info, delivery);
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
