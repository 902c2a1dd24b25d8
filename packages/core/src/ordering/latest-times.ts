import { checkAboveZero, checkKnown } from '../shared/check.ts';
import type { MaybePromise } from '../shared/promise.ts';

/**
 * Knows the time of the latest event that was handled for each object. Implement it for a database that several processes
 * share.
 */
export interface LatestTimes {
  /**
   * Runs a handler, unless an event with a later time was handled for the key, and then notes the time. Both are one step: no
   * other handler of the key runs meanwhile, and if this one rejects, nothing is noted. A transaction that locks the row of the
   * key does it.
   *
   * @param timeMs unix time in ms.
   * @returns false if the handler did not run.
   */
  runUnlessOlder(key: string, timeMs: number, run: () => Promise<void>): MaybePromise<boolean>;
}

export interface MemoryLatestTimesOptions {
  /** For how many objects a time is kept. The one that was noted longest ago is dropped first. Default 100,000. */
  readonly maxKeys?: number;
}

/**
 * Keeps the latest times in the memory of this process. They are forgotten when it ends.
 *
 * @throws TypeError for an option that is unknown or not a number above 0.
 *
 * @example
 * ```ts
 * import { createMemoryLatestTimes } from '@showpad-webhooks/core/ordering';
 *
 * const times = createMemoryLatestTimes({ maxKeys: 10_000 });
 * console.log(await times.runUnlessOlder('space-1', 2_000, async () => {})); // true
 * console.log(await times.runUnlessOlder('space-1', 1_000, async () => {})); // false
 * ```
 */
export function createMemoryLatestTimes(options: MemoryLatestTimesOptions = {}): LatestTimes {
  const { maxKeys = 100_000 } = options;
  checkKnown(options, { maxKeys });
  checkAboveZero({ maxKeys });
  /** By key, the one that was noted longest ago first. */
  const latest = new Map<string, number>();
  /** The last handler of each key that runs or waits. It never rejects. */
  const last = new Map<string, Promise<unknown>>();

  function note(key: string, timeMs: number): void {
    latest.delete(key);
    latest.set(key, timeMs);
    const [oldest] = latest.keys();
    if (latest.size > maxKeys && oldest !== undefined) latest.delete(oldest);
  }

  return {
    async runUnlessOlder(key, timeMs, run) {
      const turn = Promise.resolve(last.get(key)).then(async () => {
        if (timeMs < (latest.get(key) ?? Number.NEGATIVE_INFINITY)) return false;
        await run();
        note(key, timeMs);
        return true;
      });
      const ended = turn
        .catch(() => {})
        .then(() => {
          if (last.get(key) === ended) last.delete(key);
        });
      last.set(key, ended);
      return turn;
    },
  };
}
