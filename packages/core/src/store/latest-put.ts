import { messageOf } from '../shared/error.ts';

/** For how long a put that failed counts, if none came after it. Nobody sends deliveries to a process that is not ready. */
const COUNTS_MS = 30_000;

/** Remembers whether the latest event could be stored. */
export interface LatestPut {
  succeeded(): void;
  failed(error: unknown): void;
  /** What `health()` says about it, or undefined if the latest event was stored, or if it is too long ago. */
  problem(): string | undefined;
}

/** @example
 * ```ts
 * import { createLatestPut } from '@showpad-webhooks/core/store';
 *
 * const latestPut = createLatestPut();
 * latestPut.failed(new Error('The disk is full.'));
 * console.log(latestPut.problem()); // The latest event could not be stored: The disk is full.
 * ```
 */
export function createLatestPut(): LatestPut {
  let failure: { readonly error: unknown; readonly atMs: number } | undefined;
  return {
    succeeded() {
      failure = undefined;
    },
    failed(error) {
      failure = { error, atMs: performance.now() };
    },
    problem() {
      if (!failure || performance.now() - failure.atMs >= COUNTS_MS) return undefined;
      return `The latest event could not be stored: ${messageOf(failure.error)}`;
    },
  };
}
