import { setTimeout as pause } from 'node:timers/promises';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxItem } from '@showpad-webhooks/core/inbox';
import { forEach } from './for-each.ts';
import { findEntry } from './select.ts';

/** What became of an entry after it was retried. `failed` is pending again, and its next attempt comes by itself. */
export type Outcome = 'done' | 'dead' | 'failed' | 'waiting' | 'gone';

export interface Followed {
  readonly before: InboxItem;
  /** The entry as it is now. Undefined: it was deleted. */
  readonly now: InboxItem | undefined;
  readonly outcome: Outcome;
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
  const found = new Map<InboxItem, Followed>();
  const endMs = performance.now() + waitMs;
  let left = entries;
  for (;;) {
    const startMs = performance.now();
    await forEach(left, async (before) => void found.set(before, await look(inbox, before)), { signal });
    left = left.filter((before) => (found.get(before)?.outcome ?? 'waiting') === 'waiting');
    onProgress(entries.length - left.length);
    const nowMs = performance.now();
    if (left.length === 0 || nowMs >= endMs || signal.aborted) break;
    // Many entries take a while to look at. The store is for the app, so as long again nobody looks.
    const pauseMs = Math.min(Math.max(PAUSE_MS, nowMs - startMs), endMs - nowMs);
    await pause(pauseMs, undefined, { signal }).catch(() => {});
  }
  return entries.map((before) => found.get(before) ?? { before, now: before, outcome: 'waiting' });
}

async function look(inbox: Inbox, before: InboxItem): Promise<Followed> {
  const now = await findEntry(inbox, before.id);
  return { before, now, outcome: outcomeOf(now) };
}

/** A retry sets the number of attempts to 0. */
function outcomeOf(now: InboxItem | undefined): Outcome {
  if (!now) return 'gone';
  const { state, attempt } = now;
  if (state === 'done' || state === 'dead') return state;
  return state === 'pending' && attempt > 0 ? 'failed' : 'waiting';
}
