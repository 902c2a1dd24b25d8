import type { MaybePromise } from '../shared/promise.ts';

const INTERVAL_MS = 3_600_000;
/** Time synchronization sets a clock that was wrong at the boot of its machine within this time. */
const SETTLE_MS = 300_000;
const STEP_MS = 60_000;

export interface Purger {
  start(onFailure: (cause: unknown) => void): void;
  stop(): void;
}

/**
 * Purges an inbox every hour. Its clock may be days ahead for a while, also if it is the clock of a server. So the first round
 * comes some minutes after the start, and a round is left out if the clock has stepped since the last one. For inboxes of your
 * own.
 *
 * @param clock unix time in ms, by which the age of entries is judged.
 */
export function createPurger(purge: () => Promise<unknown>, clock: () => MaybePromise<number>): Purger {
  let timer: NodeJS.Timeout | undefined;
  let lastAheadMs = Number.NaN;

  /** True also for the first call, which has nothing to compare with. */
  async function hasStepped(): Promise<boolean> {
    const aheadMs = (await clock()) - performance.now();
    const isSteady = Math.abs(aheadMs - lastAheadMs) <= STEP_MS;
    lastAheadMs = aheadMs;
    return !isSteady;
  }

  return {
    start(onFailure) {
      async function round(nextMs: number): Promise<void> {
        timer = setTimeout(() => void round(INTERVAL_MS), nextMs);
        timer.unref?.();
        try {
          if (!(await hasStepped())) await purge();
        } catch (cause) {
          onFailure(cause);
        }
      }
      void round(SETTLE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
