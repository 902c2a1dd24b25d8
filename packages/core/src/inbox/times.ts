import type { InboxItem, InboxState } from './types.ts';

/**
 * Names the time of an entry by its state: when it is due, until when it is leased, or when it was settled. Stores that keep
 * one time per entry use it for the items that they list.
 *
 * @param atMs a time in ms.
 */
export function timesOf(
  state: InboxState,
  atMs: number,
): Pick<InboxItem, 'dueAtMs' | 'leasedUntilMs' | 'settledAtMs'> {
  if (state === 'pending') return { dueAtMs: atMs };
  if (state === 'leased') return { leasedUntilMs: atMs };
  return { settledAtMs: atMs };
}

/** If two readings differ by more than this, one of the clocks was set: the moment between reading the two is shorter. */
const CLOCK_WAS_SET_MS = 1_000;

/**
 * Makes unix time of the times that a store keeps by the clock of its inbox. How far that clock is behind unix time is read again
 * only if one of the two was set, so an entry has the same times in every list.
 */
export function createToUnixTimes(clock: () => number): (item: InboxItem) => InboxItem {
  let behindMs = 0;
  return (item) => {
    const readMs = Date.now() - clock();
    if (Math.abs(readMs - behindMs) > CLOCK_WAS_SET_MS) behindMs = readMs;
    const atMs = item.dueAtMs ?? item.leasedUntilMs ?? item.settledAtMs;
    return atMs === undefined ? item : { ...item, ...timesOf(item.state, atMs + behindMs) };
  };
}
