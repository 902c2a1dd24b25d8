import type { Inbox, InboxItem } from '../inbox/types.ts';
import { forEach } from './for-each.ts';
import { findEntry } from './select-entries.ts';

/** What became of an entry after it was retried. `failed` is pending again, and its next attempt comes by itself. */
export type RetryOutcome = 'done' | 'dead' | 'failed' | 'waiting' | 'gone';

export interface RetriedEntry {
  readonly outcome: RetryOutcome;
  /** The entry as it is now. Undefined: it was deleted. */
  readonly now: InboxItem | undefined;
}

/** Looks at what became of entries that were retried, by the ids of their events. It looks no further when the signal aborts. */
export async function retryOutcomes(
  inbox: Pick<Inbox, 'list'>,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, RetriedEntry>> {
  const found = new Map<string, RetriedEntry>();
  await forEach(
    ids,
    async (id) => {
      const now = await findEntry(inbox, id);
      found.set(id, { outcome: outcomeOf(now), now });
    },
    signal,
  );
  return found;
}

/** A retry sets the number of attempts to 0. */
function outcomeOf(now: InboxItem | undefined): RetryOutcome {
  if (!now) return 'gone';
  const { state, attempt } = now;
  if (state === 'done' || state === 'dead') return state;
  return state === 'pending' && attempt > 0 ? 'failed' : 'waiting';
}
