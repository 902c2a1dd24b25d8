import { defaultBackoff, LONGEST_BACKOFF_MS, LONGEST_WAIT_MS } from './backoff.ts';
import { inBatches } from './batches.ts';
import type { InboxOptions } from './options.ts';
import type { InboxStore } from './store.ts';

const SLACK_MS = 60_000;
const TELL_MS = 3_600_000;

export interface ClockGuard {
  /** Looks for entries that only a clock that was ahead can have left behind, and brings them forward. */
  check(): Promise<void>;
  problems(): readonly string[];
}

/**
 * If the clock of an inbox was ahead and then stepped back, entries are due, or leased, at times that are far ahead. Without
 * this they would wait for as long as the clock was wrong.
 */
export function createClockGuard(
  store: InboxStore,
  { backoff, leaseMs }: Required<InboxOptions>,
  clock: () => number,
): ClockGuard {
  const longestWaitMs = backoff === defaultBackoff ? LONGEST_BACKOFF_MS : LONGEST_WAIT_MS;
  let found = { count: 0, atMs: Number.NEGATIVE_INFINITY };

  function bringForward(state: 'pending' | 'leased', longestMs: number, toMs: number): Promise<number> {
    const afterMs = clock() + longestMs + SLACK_MS;
    return inBatches((limit) => store.bringForward({ state, afterMs, toMs, limit }));
  }

  return {
    async check() {
      const nowMs = clock();
      const pending = await bringForward('pending', longestWaitMs, nowMs);
      // A holder that is alive renews its lease in time.
      const leased = await bringForward('leased', leaseMs, nowMs + leaseMs);
      if (pending + leased > 0) found = { count: pending + leased, atMs: performance.now() };
    },

    problems() {
      if (performance.now() - found.atMs > TELL_MS) return [];
      return [
        `${found.count} events had times later than this inbox ever sets, so the clock was ahead and was set back. They are ` +
          'handled now. Keep the clocks of your machines in sync.',
      ];
    },
  };
}
