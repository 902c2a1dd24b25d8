import type { Inbox } from '@showpad-webhooks/core';
import { findEntry } from '@showpad-webhooks/core/operations';

/** How many events the store is asked for at the same time. */
const PARALLEL = 16;

/** Finds out which of the events an inbox has. It ends early when the signal aborts. */
export async function findStored(
  inbox: Pick<Inbox, 'list'>,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const stored = new Set<string>();
  for (let at = 0; at < ids.length && !signal.aborted; at += PARALLEL) {
    const batch = ids.slice(at, at + PARALLEL);
    await Promise.all(batch.map(async (id) => (await findEntry(inbox, id)) && stored.add(id)));
  }
  return stored;
}
