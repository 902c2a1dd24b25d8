import type { Inbox, InboxItem } from '../inbox/types.ts';
import { checkKnown } from '../shared/check.ts';
import { forEach } from './for-each.ts';
import { findEntry } from './select-entries.ts';

/** What an operator can do with an entry. */
export type EntryChange = 'retry' | 'discard';

/** Says why an entry cannot be changed, in one sentence. Undefined: it can. */
export function whyNotChange(
  { state, hasBody }: Pick<InboxItem, 'state' | 'hasBody'>,
  change: EntryChange,
): string | undefined {
  if (state === 'leased') return 'The app is handling it at this moment.';
  if (change === 'discard') return undefined;
  if (state === 'pending') return 'It is pending: the app handles it by itself when it is due.';
  return hasBody ? undefined : 'Its body was deleted, so it cannot be handled again.';
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
 * @param seen the entries, in the states in which they were shown
 */
export async function changeEntries<Entry extends Pick<InboxItem, 'id' | 'state'>>(
  inbox: Pick<Inbox, 'list' | 'retry' | 'discard'>,
  seen: readonly Entry[],
  change: EntryChange,
  options: ChangeEntriesOptions<Entry>,
): Promise<void> {
  const { signal, onEntry } = options;
  checkKnown(options, { signal, onEntry });
  await forEach(seen, async (entry) => onEntry(entry, await changeEntry(inbox, entry, change)), signal);
}

async function changeEntry(
  inbox: Pick<Inbox, 'list' | 'retry' | 'discard'>,
  { id, state }: Pick<InboxItem, 'id' | 'state'>,
  change: EntryChange,
): Promise<string | undefined> {
  const now = await findEntry(inbox, id);
  // Somebody else may have changed it since it was shown.
  if (now?.state !== state) return HAS_CHANGED;
  return whyNotChange(now, change) ?? ((await inbox[change]({ id })) === 1 ? undefined : HAS_CHANGED);
}

const HAS_CHANGED = 'It has changed since it was listed, or it cannot be read.';
