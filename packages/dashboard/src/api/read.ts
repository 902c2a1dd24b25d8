import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxItem } from '@showpad-webhooks/core/inbox';
import {
  type EntrySelection,
  findEntry,
  INBOX_STATES,
  retryOutcomes,
  selectPage,
} from '@showpad-webhooks/core/operations';
import { DashboardProblem } from '../responses.ts';
import { idsOf } from './ids.ts';
import {
  type EntriesView,
  type EntryDetailsView,
  type EntryView,
  entryDetailsView,
  entryView,
  type OutcomesView,
} from './views.ts';

const PAGE = 50;
const MAX_WANTED = 1_000;
/** How many entries are read at once if only some are wanted. */
const SEARCH_PAGE = 200;
/** After that long a search answers with what it has found, and the page asks it to go on. */
const SEARCH_MS = 1_000;

/** Lists entries, or searches them. An id finds its entry in any state. */
export async function readEntries(inbox: Inbox, query: URLSearchParams): Promise<EntriesView> {
  const id = query.get('id');
  if (id) {
    const item = await findEntry(inbox, id);
    return { items: item ? [entryView(item)] : [], looked: 1, next: null };
  }
  const selection = selectionOf(query);
  const wanted = Math.min(Number(query.get('wanted')) || PAGE, MAX_WANTED);
  const limit = selection.matches || wanted > SEARCH_PAGE ? SEARCH_PAGE : wanted;
  const endMs = performance.now() + SEARCH_MS;
  const items: EntryView[] = [];
  let looked = 0;
  let cursor = query.get('cursor') ?? undefined;
  do {
    const page = await selectPage(inbox, selection, { limit, cursor });
    items.push(...page.items.map(entryView));
    looked += page.looked;
    cursor = page.next;
    await nextTurn(); // SQLite answers at once, and a search must not keep the app from everything else.
  } while (cursor !== undefined && items.length < wanted && performance.now() < endMs);
  return { items, looked, next: cursor ?? null };
}

export async function readEntry(inbox: Inbox, query: URLSearchParams): Promise<EntryDetailsView> {
  const [id = ''] = idsOf(query);
  const item = await findEntry(inbox, id);
  if (!item) throw notFound();
  return entryDetailsView(item);
}

export async function readOutcomes(inbox: Inbox, query: URLSearchParams): Promise<OutcomesView> {
  const found = await retryOutcomes(inbox, idsOf(query));
  return { outcomes: Object.fromEntries([...found].map(([id, { outcome }]) => [id, outcome])) };
}

export function notFound(): DashboardProblem {
  return new DashboardProblem(404, 'There is no such entry', 'It was never stored here, or it was deleted.');
}

/** Each text has to be part of what is searched. Upper and lower case are the same. */
function selectionOf(query: URLSearchParams): EntrySelection {
  const state = INBOX_STATES.find((known) => known === query.get('state')) ?? 'dead';
  const sinceMs = Number(query.get('since') ?? Number.NaN);
  const wanted: readonly (readonly [text: string | null, read: (item: InboxItem) => string | undefined])[] = [
    [query.get('type'), ({ type }) => type],
    [query.get('handler'), ({ error }) => error?.handlerName],
    [query.get('error'), ({ error }) => error && `${error.code}: ${error.message}`],
  ];
  const filters = wanted.flatMap(([text, read]) => (text ? [[text.toLowerCase(), read] as const] : []));
  return {
    state,
    sinceMs: Number.isNaN(sinceMs) ? undefined : sinceMs,
    matches:
      filters.length === 0
        ? undefined
        : (item) => filters.every(([text, read]) => read(item)?.toLowerCase().includes(text)),
  };
}
