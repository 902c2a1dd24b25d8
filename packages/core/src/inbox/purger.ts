import { inBatches } from './batches.ts';
import type { InboxOptions } from './options.ts';
import type { InboxStore } from './store.ts';

const INTERVAL_MS = 3_600_000;
/** Time synchronization sets a clock that was wrong at the boot of its machine within this time. */
const SETTLE_MS = 300_000;
const STEP_MS = 60_000;

export interface Purger {
  start(onFailure: (cause: unknown) => void): void;
  /** Resolves to the number of entries that were deleted. */
  purge(): Promise<number>;
  stop(): void;
}

/**
 * Deletes what is old, at the start and every hour. Without a clock of its own, an inbox has the wall clock, which may be days
 * ahead for a while: then it first waits some minutes, and skips a round if the clock has stepped since the last one.
 */
export function createPurger(
  store: InboxStore,
  { keepDoneMs, keepDeadMs }: Required<InboxOptions>,
  ownClock: (() => number) | undefined,
): Purger {
  const clock = ownClock ?? Date.now;
  let timer: NodeJS.Timeout | undefined;
  let aheadMs = 0;

  async function purge(): Promise<number> {
    const nowMs = clock();
    const kept = { done: keepDoneMs, dead: keepDeadMs };
    let count = 0;
    for (const state of ['done', 'dead'] as const) {
      count += await inBatches((limit) => store.purge({ state, beforeMs: nowMs - kept[state], limit }));
    }
    return count;
  }

  /** How far the clock is ahead of one that never steps. */
  const readAheadMs = () => clock() - performance.now();

  function hasStepped(): boolean {
    const lastMs = aheadMs;
    aheadMs = readAheadMs();
    return Math.abs(aheadMs - lastMs) > STEP_MS;
  }

  return {
    purge,
    start(onFailure) {
      aheadMs = readAheadMs();
      const round = () => {
        timer = setTimeout(round, INTERVAL_MS);
        if (ownClock || !hasStepped()) purge().catch(onFailure);
      };
      if (ownClock) round();
      else timer = setTimeout(round, SETTLE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
