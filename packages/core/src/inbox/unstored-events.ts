import type { EventDelivery } from '../delivery/delivery.ts';
import { GRACE_MS, LAST_RETRY_MS } from '../once/failed-events.ts';
import type { Reporter } from '../reporting/reporter.ts';
import type { ShowpadWebhookError } from '../shared/error.ts';
import { setRepeatingTimer } from '../shared/promise.ts';
import type { InboxEntry } from './types.ts';

const LOOK_MS = 3_000;

export interface UnstoredEventsOptions {
  /** Rejects with a ShowpadWebhookError. */
  readonly store: (entry: InboxEntry) => Promise<unknown>;
  /** A clock in ms that does not step. */
  readonly now: () => number;
  readonly reporter: Reporter;
}

interface Unstored {
  readonly entry: InboxEntry;
  readonly delivery: EventDelivery;
  readonly error: ShowpadWebhookError;
  /** When it could not be stored for the first time. */
  readonly sinceMs: number;
}

/**
 * The events that the inbox could not store, and that Showpad may still send again. When it has stopped, each is stored after
 * all, or becomes a dead letter if that fails too.
 */
export class UnstoredEvents {
  readonly #options: UnstoredEventsOptions;
  readonly #unstored = new Map<string, Unstored>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UnstoredEventsOptions) {
    this.#options = options;
  }

  add(entry: InboxEntry, delivery: EventDelivery, error: ShowpadWebhookError): void {
    // A queue sends it again at times of its own, and keeps what fails in the end.
    if (delivery.request.receivedAtMs !== undefined) return;
    const sinceMs = this.#unstored.get(entry.id)?.sinceMs ?? this.#options.now();
    this.#unstored.set(entry.id, { entry, delivery, error, sinceMs });
    this.#timer ??= setRepeatingTimer(() => void this.#settleOlderThan(LAST_RETRY_MS + GRACE_MS), LOOK_MS);
  }

  /** Notes that an event is stored. */
  delete(id: string): void {
    this.#unstored.delete(id);
  }

  /** Settles the events that Showpad does not send again. Those that it does are for the next process. */
  async close(): Promise<void> {
    await this.#settleOlderThan(LAST_RETRY_MS);
    clearInterval(this.#timer);
  }

  async #settleOlderThan(ageMs: number): Promise<void> {
    const latestMs = this.#options.now() - ageMs;
    const due = [...this.#unstored.values()].filter(({ sinceMs }) => sinceMs <= latestMs);
    for (const { entry } of due) this.#unstored.delete(entry.id);
    if (this.#unstored.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    await Promise.all(due.map((each) => this.#settle(each)));
  }

  async #settle({ entry, delivery, error }: Unstored): Promise<void> {
    const { store, reporter } = this.#options;
    try {
      await store(entry);
    } catch {
      await reporter.sendLetter('not-stored', error, delivery);
    }
  }
}
