import { setTimeout as pause } from 'node:timers/promises';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxItem } from '@showpad-webhooks/core/inbox';
import { type RetriedEntry, retryOutcomes } from '@showpad-webhooks/core/operations';

export interface Followed extends RetriedEntry {
  readonly before: InboxItem;
}

export interface FollowOptions {
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (handled: number) => void;
}

const PAUSE_MS = 250;

/** Waits until the app has tried each entry once, or until the time is over. */
export async function follow(
  inbox: Inbox,
  entries: readonly InboxItem[],
  { waitMs, signal, onProgress }: FollowOptions,
): Promise<readonly Followed[]> {
  const found = new Map<string, RetriedEntry>();
  const endMs = performance.now() + waitMs;
  let left = entries.map(({ id }) => id);
  for (;;) {
    const startMs = performance.now();
    for (const [id, retried] of await retryOutcomes(inbox, left, signal)) found.set(id, retried);
    left = left.filter((id) => (found.get(id)?.outcome ?? 'waiting') === 'waiting');
    onProgress(entries.length - left.length);
    const nowMs = performance.now();
    if (left.length === 0 || nowMs >= endMs || signal.aborted) break;
    // Many entries take a while to look at. The store is there for the app, so the pause is as long as the look was.
    const pauseMs = Math.min(Math.max(PAUSE_MS, nowMs - startMs), endMs - nowMs);
    await pause(pauseMs, undefined, { signal }).catch(() => {});
  }
  return entries.map((before) => ({
    before,
    ...(found.get(before.id) ?? { now: before, outcome: 'waiting' }),
  }));
}
