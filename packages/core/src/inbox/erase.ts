import { checkKnown } from '../shared/check.ts';
import { type MaybePromise, nextTurn } from '../shared/promise.ts';
import type { EraseOptions, InboxErasure, InboxItem, InboxPage, InboxQuery, InboxState } from './types.ts';

/** The states in the order in which an entry goes through them, so that one that moves on meanwhile is still found. */
const STATES = ['pending', 'leased', 'pending', 'dead', 'done'] as const;

/**
 * Erases the entries that a predicate means, for inboxes of your own.
 *
 * @param eraseEntry erases one entry and resolves to the state that it was in. An entry that is `leased` stays as it is.
 */
export async function eraseEntries(
  list: (query: InboxQuery) => MaybePromise<InboxPage>,
  eraseEntry: (id: string) => MaybePromise<InboxState | undefined>,
  predicate: (entry: InboxItem) => MaybePromise<boolean>,
  options: EraseOptions = {},
): Promise<InboxErasure> {
  const { isDryRun = false } = options;
  checkKnown(options, { isDryRun });
  /** The state that each entry was in when it was erased, or when it could not be. */
  const found = new Map<string, InboxState>();
  for (const state of STATES) {
    // What is erased changes the list, so all of it is read first.
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const { items, next } = await list({ state, cursor });
      for (const item of items) {
        // A list has no bodies.
        const [entry] = item.hasBody ? (await list({ id: item.id })).items : [item];
        if (entry && !entry.isErased && (await predicate(entry))) ids.push(item.id);
      }
      cursor = next;
      await nextTurn(); // A store may answer at once, and an app has other work.
    } while (cursor !== undefined);
    for (const id of ids) {
      const was = isDryRun ? state : await eraseEntry(id);
      if (was) found.set(id, was);
    }
  }
  const receipt = { pending: 0, leased: 0, done: 0, dead: 0, running: [] as string[] };
  for (const [id, state] of found) {
    receipt[state]++;
    if (state === 'leased') receipt.running.push(id);
  }
  return receipt;
}

/**
 * What is left of an entry that was erased, so that its event is known if it comes again.
 *
 * @param place where the store has it
 */
export function erasedEntry(
  { type, receivedAtMs }: Pick<InboxItem, 'type' | 'receivedAtMs'>,
  place: string | number,
): object {
  return {
    id: `erased:${place}`,
    type,
    method: '',
    headers: {},
    timestampSeconds: 0,
    receivedAtMs,
    isErased: true,
  };
}
