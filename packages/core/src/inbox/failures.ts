import { clip } from '../shared/text.ts';
import type { FailedAttempt } from './types.ts';

export const MOST_FAILURES = 20;
const LONGEST_MESSAGE = 300;

/** What is kept of an attempt that failed. */
export function keptFailure(failed: FailedAttempt): FailedAttempt {
  return { ...failed, message: clip(failed.message, LONGEST_MESSAGE) };
}

/** Adds an attempt to those that are kept of an entry. Retries may go on for days, so only the latest stay. */
export function withFailure(
  failures: readonly FailedAttempt[],
  failed: FailedAttempt,
): readonly FailedAttempt[] {
  return [...failures, keptFailure(failed)].slice(-MOST_FAILURES);
}
