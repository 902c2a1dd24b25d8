import type { Receipt } from '@showpad-webhooks/core';
import { RecentEvents } from './recent-events.ts';

/** Whoever sends an event again after this time is not Showpad, whose retries and timeouts are over. */
const LONGEST_WAIT_MS = 120_000;

/** Measures how long events wait for a 2xx after this process has answered them with a 5xx. */
export class RetryWaits {
  readonly #failedAtMs = new RecentEvents<number>();

  /** Notes an answer. Returns how long the event has waited, in ms, if it was answered with a 5xx before and is not now. */
  note(
    receiverName: string,
    { event, response: { status } }: Receipt,
    { startedAtMs, endedAtMs }: { readonly startedAtMs: number; readonly endedAtMs: number },
  ): number | undefined {
    if (!event) return undefined;
    const failedAtMs = this.#failedAtMs.get(receiverName, event.id);
    if (status >= 500) {
      this.#failedAtMs.set(receiverName, event.id, failedAtMs ?? endedAtMs);
      return undefined;
    }
    this.#failedAtMs.delete(receiverName, event.id);
    if (failedAtMs === undefined || status >= 300) return undefined;
    const waitedMs = Math.max(0, startedAtMs - failedAtMs);
    return waitedMs <= LONGEST_WAIT_MS ? waitedMs : undefined;
  }
}
