import type { Inbox } from '@showpad-webhooks/core';
import { parseEvent } from '@showpad-webhooks/core';
import type { InboxItem, InboxState } from '@showpad-webhooks/core/inbox';
import { readRecordings } from '../http/recording.ts';
import type { StoreSource } from './open-store.ts';
import { isShallow, type SeenEvent } from './read-events.ts';

export interface Observed {
  readonly seen: readonly SeenEvent[];
  /** Deliveries that were not authentic. Anybody can have made them. */
  readonly forged: number;
  /** Authentic deliveries that contain no event, or one that nests too deeply. */
  readonly unreadable: number;
}

export interface ObservedSource {
  /** Recordings, or folders of them. */
  readonly paths: readonly string[];
  readonly store?: StoreSource | undefined;
}

/** Reads the events of recordings and of a store. */
export async function readObserved({ paths, store }: ObservedSource): Promise<Observed> {
  const seen: SeenEvent[] = [];
  let forged = 0;
  let unreadable = 0;
  for (const path of paths) {
    for (const { isAuthentic, body } of await readRecordings(path)) {
      const event = isAuthentic ? seenIn(body) : undefined;
      if (event) seen.push(event);
      else if (isAuthentic) unreadable++;
      else forged++;
    }
  }
  // An inbox stores only what is authentic.
  for await (const body of store ? bodiesIn(store) : []) {
    const event = seenIn(body);
    if (event) seen.push(event);
    else unreadable++;
  }
  return { seen, forged, unreadable };
}

const STATES: readonly InboxState[] = ['pending', 'leased', 'done', 'dead'];

/** The bodies that a store still has. What is done usually has none any more. */
async function* bodiesIn(source: StoreSource): AsyncIterable<Uint8Array> {
  const { openInbox } = await import('./open-store.ts');
  const inbox = await openInbox(source);
  try {
    for (const state of STATES) {
      for await (const { id, hasBody } of itemsOf(inbox, state)) {
        const [item] = hasBody ? (await inbox.list({ id })).items : [];
        if (item?.body) yield item.body;
      }
    }
  } finally {
    await inbox.close({ timeoutMs: 0 });
  }
}

async function* itemsOf(inbox: Inbox, state: InboxState): AsyncIterable<InboxItem> {
  let cursor: string | undefined;
  do {
    const page = await inbox.list({ state, cursor });
    yield* page.items;
    cursor = page.next;
  } while (cursor !== undefined);
}

function seenIn(body: Uint8Array): SeenEvent | undefined {
  try {
    const { type, data } = parseEvent(body);
    return isShallow(data) ? { type, data: data ?? {} } : undefined;
  } catch {
    return undefined;
  }
}
