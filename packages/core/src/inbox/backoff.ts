const FIRST_MS = 10_000;
const FACTOR = 4;
export const LONGEST_BACKOFF_MS = 3_600_000;
/** No entry waits longer than this for its next attempt, whatever the `backoff` of the app says. */
export const LONGEST_WAIT_MS = 604_800_000;

/**
 * How long to wait after a failed attempt, in ms: a random time up to 10 s, 40 s, 160 s and so on, and at most 1 h. The time is
 * random so that many events that failed together do not come back together.
 *
 * @param attempt the attempt that failed, from 1.
 */
export function defaultBackoff(attempt: number, random: () => number = Math.random): number {
  return Math.round(random() * Math.min(FIRST_MS * FACTOR ** (attempt - 1), LONGEST_BACKOFF_MS));
}

/** The `backoff` of an app, within bounds and in whole ms. A list of waits that has come to its end gives no number. */
export function boundBackoff(backoff: (attempt: number) => number): (attempt: number) => number {
  return (attempt) => {
    const waitMs = Math.round(Math.min(Math.max(0, backoff(attempt)), LONGEST_WAIT_MS));
    return Number.isNaN(waitMs) ? defaultBackoff(attempt) : waitMs;
  };
}
