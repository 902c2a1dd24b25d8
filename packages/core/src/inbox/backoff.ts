const FIRST_MS = 10_000;
const FACTOR = 4;
export const LONGEST_BACKOFF_MS = 3_600_000;

/**
 * How long to wait after a failed attempt, in ms: a random time up to 10 s, 40 s, 160 s and so on, and at most 1 h. The time is
 * random so that many events that failed together do not come back together.
 *
 * @param attempt the attempt that failed, from 1.
 */
export function defaultBackoff(attempt: number, random: () => number = Math.random): number {
  return Math.round(random() * Math.min(FIRST_MS * FACTOR ** (attempt - 1), LONGEST_BACKOFF_MS));
}
