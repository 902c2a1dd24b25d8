import type { Inbox, InboxItem, InboxState } from '../inbox/types.ts';
import { checkKnown } from '../shared/check.ts';

/** Every state that an entry can be in. */
export const INBOX_STATES: readonly InboxState[] = ['pending', 'leased', 'done', 'dead'];

/** Which entries of an inbox an operator means. */
export interface EntrySelection {
  readonly state: InboxState;
  /** Only entries that were settled since then or, if they are not settled, arrived since then. Unix time in ms. */
  readonly sinceMs?: number | undefined;
  /** Default: every entry of the state. */
  readonly matches?: ((item: InboxItem) => boolean) | undefined;
}

export interface SelectEntriesOptions {
  /** It ends when the signal aborts. */
  readonly signal?: AbortSignal | undefined;
  readonly limit?: number | undefined;
}

/** The entries of one page of an inbox that are meant. */
export interface SelectedEntries {
  readonly items: readonly InboxItem[];
  /** How many entries were looked at. */
  readonly looked: number;
  /** Where the next page begins. Undefined: no further entry can be meant. */
  readonly next: string | undefined;
}

const PAGE = 200;

/**
 * Looks at one page of an inbox and picks the entries that are meant, the latest first. An inbox cannot search, so whoever looks
 * for a few entries among many looks at page after page.
 */
export async function selectPage(
  inbox: Pick<Inbox, 'list'>,
  selection: EntrySelection,
  options: { readonly cursor?: string | undefined; readonly limit?: number } = {},
): Promise<SelectedEntries> {
  const { state, sinceMs = Number.NEGATIVE_INFINITY, matches = () => true } = selection;
  checkKnown(selection, { state, sinceMs, matches });
  const { cursor, limit = PAGE } = options;
  checkKnown(options, { cursor, limit });
  const page = await inbox.list({ state, limit, cursor });
  // What was settled is listed by when, so all that follows is older.
  const isOver = page.items.some(({ settledAtMs }) => settledAtMs !== undefined && settledAtMs < sinceMs);
  const isRecent = (item: InboxItem) => (item.settledAtMs ?? item.receivedAtMs) >= sinceMs;
  return {
    items: page.items.filter((item) => isRecent(item) && matches(item)),
    looked: page.items.length,
    next: isOver ? undefined : page.next,
  };
}

/**
 * Finds the entries that are meant, the latest first, each once.
 *
 * @example
 * ```ts
 * import { selectEntries } from '@showpad-webhooks/core/operations';
 * import { createMemoryInbox } from '@showpad-webhooks/core/testing';
 *
 * const dead = selectEntries(createMemoryInbox(), {
 *   state: 'dead',
 *   matches: ({ error }) => error?.handlerName === 'crm',
 * });
 * for await (const { id, error } of dead) console.log(id, error?.code);
 * ```
 */
export async function* selectEntries(
  inbox: Pick<Inbox, 'list'>,
  selection: EntrySelection,
  options: SelectEntriesOptions = {},
): AsyncGenerator<InboxItem> {
  const { signal, limit = Number.POSITIVE_INFINITY } = options;
  checkKnown(options, { signal, limit });
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await selectPage(inbox, selection, { cursor });
    for (const item of page.items) {
      // While the app works, an entry may move from one page to the next.
      if (seen.has(item.id)) continue;
      if (seen.size === limit) return;
      seen.add(item.id);
      yield item;
    }
    cursor = page.next;
  } while (cursor !== undefined && !signal?.aborted);
}

/** Finds the entry of an event as it is now, with its body. */
export async function findEntry(inbox: Pick<Inbox, 'list'>, id: string): Promise<InboxItem | undefined> {
  const [item] = (await inbox.list({ id })).items;
  return item;
}
