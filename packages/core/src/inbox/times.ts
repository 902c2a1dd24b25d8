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

/** Makes unix time of the times that a store keeps by another clock. `aheadMs` is how far unix time is ahead of that clock. */
export function toUnixTimes(item: InboxItem, aheadMs: number): InboxItem {
  const atMs = item.dueAtMs ?? item.leasedUntilMs ?? item.settledAtMs;
  return atMs === undefined ? item : { ...item, ...timesOf(item.state, atMs + aheadMs) };
}
