import type { Inbox, InboxItem } from '../inbox/types.ts';
import { nextTurn } from '../shared/promise.ts';

export interface EntryFilter {
  readonly types: readonly string[];
  readonly handlerName: string;
  /** Unix time in ms. */
  readonly sinceMs: number;
  /** Unix time in ms. */
  readonly liveSinceMs: number;
}

/** What a backfill would do with the entries of an inbox. */
export interface FoundEntries {
  /** The ids of the events that the handler has not handled, the oldest first. */
  readonly ids: readonly string[];
  readonly alreadyDone: number;
  readonly withoutBody: number;
}

/** Finds the done and the dead entries that a handler has missed. Those that wait will get to it by themselves. */
export async function findEntries(
  inbox: Pick<Inbox, 'list'>,
  { types, handlerName, sinceMs, liveSinceMs }: EntryFilter,
): Promise<FoundEntries> {
  const missed = new Map<string, InboxItem>();
  let [alreadyDone, withoutBody] = [0, 0];

  function sort(item: InboxItem): void {
    const { id, type, state, receivedAtMs, settledAtMs = 0, done, hasBody, isErased } = item;
    if (!types.includes(type) || receivedAtMs < sinceMs || isErased || missed.has(id)) return;
    // An inbox does not note the last handler of an event that is done, so only the time tells whether it was this one.
    if (done.includes(handlerName) || (state === 'done' && settledAtMs >= liveSinceMs)) alreadyDone++;
    else if (!hasBody) withoutBody++;
    else missed.set(id, item);
  }

  for (const state of ['done', 'dead'] as const) {
    let cursor: string | undefined;
    do {
      const { items, next } = await inbox.list({ state, cursor });
      items.forEach(sort);
      cursor = next;
      await nextTurn(); // A store may answer at once, and an app has other work.
    } while (cursor !== undefined);
  }
  const oldestFirst = [...missed.values()].sort((one, other) => one.receivedAtMs - other.receivedAtMs);
  return { ids: oldestFirst.map(({ id }) => id), alreadyDone, withoutBody };
}
