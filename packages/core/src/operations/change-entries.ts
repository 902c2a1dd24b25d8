import type { Inbox, InboxItem } from '../inbox/types.ts';
import { forEach } from './for-each.ts';
import { findEntry } from './select-entries.ts';

/** What an operator can do with an entry. */
export type EntryChange = 'retry' | 'discard';

/** What decides whether an entry can be changed. */
export type ChangeableEntry = Pick<InboxItem, 'id' | 'state' | 'hasBody'>;

/** Says why an entry cannot be changed, in one sentence. Undefined: it can. */
export function whyNotChange(
  { state, hasBody }: Omit<ChangeableEntry, 'id'>,
  change: EntryChange,
): string | undefined {
  if (state === 'leased') return 'The app is handling it at this moment.';
  if (change === 'discard') return undefined;
  if (state === 'pending') return 'It is pending: the app handles it by itself when it is due.';
  return hasBody ? undefined : 'Its body is not there any more, so it cannot be handled again.';
}

export interface ChangeEntriesOptions<Entry> {
  /** No further entry is changed when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each entry. The refusal says why it was not changed. Undefined: it was. */
  readonly onEntry: (entry: Entry, refusal: string | undefined) => void;
}

/**
 * Retries or discards entries, except those that are no longer what the operator saw. Rejects with the first error of the store.
 *
 * @param seen the entries as they were shown
 */
export async function changeEntries<Entry extends ChangeableEntry>(
  inbox: Pick<Inbox, 'list' | 'retry' | 'discard'>,
  seen: readonly Entry[],
  change: EntryChange,
  { signal, onEntry }: ChangeEntriesOptions<Entry>,
): Promise<void> {
  await forEach(
    seen,
    async (entry) => {
      const refusal = whyNotChange(entry, change);
      onEntry(entry, refusal ?? ((await isChanged(inbox, entry, change)) ? undefined : HAS_CHANGED));
    },
    signal,
  );
}

/** Somebody else may have changed the entry since it was shown. */
async function isChanged(
  inbox: Pick<Inbox, 'list' | 'retry' | 'discard'>,
  { id, state }: ChangeableEntry,
  change: EntryChange,
): Promise<boolean> {
  const isSame = (await findEntry(inbox, id))?.state === state;
  return isSame && (await inbox[change]({ id })) === 1;
}

const HAS_CHANGED = 'It has changed since it was listed, or it cannot be read.';
