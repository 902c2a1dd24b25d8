import type { Inbox, InboxItem } from '../inbox/types.ts';
import { nextTurn, withDeadline } from '../shared/promise.ts';

/** No more entries that wait are looked at, so that a look after a long outage does not take long. */
const MOST_WAITING = 5_000;
/** An entry may be listed a moment after the time that it was settled at. */
const SLACK_MS = 60_000;

/** Knows which types of events have not arrived for longer than they should. */
export interface SilenceWatch {
  findSilent(): Promise<readonly string[]>;
}

/**
 * Reads when the latest event of each type arrived from what the inbox remembers, so that it also knows after a restart. It
 * looks only if a type may be silent, and then only at what came after the last look.
 */
export function createSilenceWatch(
  inbox: Inbox,
  maxSilenceMs: Readonly<Record<string, number>>,
  clock: () => number,
): SilenceWatch {
  const latestMs = new Map<string, number>();
  /** The oldest time from which it is known what arrived. A type that nobody could have seen yet is not silent. */
  let knownSinceMs = clock();
  let lookedMs = Number.NEGATIVE_INFINITY;

  function note({ type, receivedAtMs }: InboxItem): void {
    knownSinceMs = Math.min(knownSinceMs, receivedAtMs);
    latestMs.set(type, Math.max(receivedAtMs, latestMs.get(type) ?? 0));
  }

  const silentAt = (nowMs: number) =>
    Object.entries(maxSilenceMs)
      .filter(([type, maxMs]) => (latestMs.get(type) ?? Number.NEGATIVE_INFINITY) < nowMs - maxMs)
      .map(([type]) => type);

  /** Looks at what was settled since a time, and at what waits, until no type is silent. */
  async function lookBack(nowMs: number, oldestMs: number): Promise<void> {
    for (const state of ['pending', 'leased', 'done', 'dead'] as const) {
      let cursor: string | undefined;
      let left = MOST_WAITING;
      do {
        const { items, next } = await withDeadline(inbox.list({ state, cursor }));
        items.forEach(note);
        // What is settled is listed by when it was, so all that follows is older.
        const settledAtMs = items.at(-1)?.settledAtMs;
        if (settledAtMs === undefined) left -= items.length;
        else if (settledAtMs < oldestMs) break;
        cursor = next;
        await nextTurn(); // A store may answer at once, and an app has other work.
      } while (cursor !== undefined && left > 0 && silentAt(nowMs).length > 0);
    }
  }

  return {
    async findSilent() {
      const nowMs = clock();
      const suspects = silentAt(nowMs);
      if (suspects.length === 0) return [];
      const longestMs = Math.max(...suspects.map((type) => maxSilenceMs[type] ?? 0));
      await lookBack(nowMs, Math.max(nowMs - longestMs, lookedMs - SLACK_MS));
      lookedMs = nowMs;
      return silentAt(nowMs).filter((type) => knownSinceMs <= nowMs - (maxSilenceMs[type] ?? 0));
    },
  };
}
