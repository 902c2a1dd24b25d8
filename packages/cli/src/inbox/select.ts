import type { Inbox } from '@showpad-webhooks/core';
import type { InboxItem, InboxState } from '@showpad-webhooks/core/inbox';

export const STATES: readonly InboxState[] = ['pending', 'leased', 'done', 'dead'];

/** Which entries of an inbox a command means. */
export interface Filter {
  readonly state: InboxState;
  readonly types?: readonly string[] | undefined;
  readonly handlers?: readonly string[] | undefined;
  readonly errorCodes?: readonly string[] | undefined;
  /** Unix time in ms. */
  readonly sinceMs?: number | undefined;
  readonly limit?: number | undefined;
}

const PAGE = 200;

/** Finds entries, the latest first. */
export async function* select(inbox: Inbox, filter: Filter, signal: AbortSignal): AsyncGenerator<InboxItem> {
  const { state, sinceMs = Number.NEGATIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = filter;
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await inbox.list({ state, limit: PAGE, cursor });
    for (const item of page.items) {
      // What was settled is listed by when, so all that follows is older.
      if (item.settledAtMs !== undefined && item.settledAtMs < sinceMs) return;
      // While the app works, an entry may move from one page to the next.
      if (seen.has(item.id) || !isMeant(item, filter)) continue;
      if (seen.size === limit) return;
      seen.add(item.id);
      yield item;
    }
    cursor = page.next;
  } while (cursor !== undefined && !signal.aborted);
}

function isMeant(item: InboxItem, { types, handlers, errorCodes, sinceMs }: Filter): boolean {
  if (sinceMs !== undefined && (item.settledAtMs ?? item.receivedAtMs) < sinceMs) return false;
  if (types && !types.includes(item.type)) return false;
  if (errorCodes && !errorCodes.includes(item.error?.code ?? '')) return false;
  return !handlers || handlers.includes(failedHandlerOf(item) ?? '');
}

/** The handler that the last attempt failed in. An inbox keeps its name only in the message of the error. */
function failedHandlerOf({ error }: Pick<InboxItem, 'error'>): string | undefined {
  return /\bhandler "([^"]*)"/i.exec(error?.message ?? '')?.[1];
}

/** The entry of an event as it is now. */
export async function findEntry(inbox: Inbox, id: string): Promise<InboxItem | undefined> {
  const [item] = (await inbox.list({ id })).items;
  return item;
}
