import { type Inbox, parseEvent } from '@showpad-webhooks/core';
import { findEntry, INBOX_STATES, selectEntries } from '@showpad-webhooks/core/operations';
import { CliError } from '../cli-error.ts';
import { readRecordings } from '../http/recording.ts';
import { type InboxSource, useInbox } from '../inbox/open-inbox.ts';
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
  readonly store?: InboxSource | undefined;
}

/**
 * Reads the events of recordings and of a store.
 *
 * @throws CliError if the signal aborts, because only some of the events would not show which fields are optional
 */
export async function readObserved({ paths, store }: ObservedSource, signal: AbortSignal): Promise<Observed> {
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
  if (store) {
    await useInbox(store, async ({ inbox }) => {
      // An inbox stores only what is authentic.
      for await (const body of bodiesIn(inbox, signal)) {
        const event = seenIn(body);
        if (event) seen.push(event);
        else unreadable++;
      }
    });
  }
  if (signal.aborted) throw new CliError('Stopped before everything was read.');
  return { seen, forged, unreadable };
}

/** The bodies that an inbox still has. The inbox has usually deleted those of done events. */
async function* bodiesIn(inbox: Inbox, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for (const state of INBOX_STATES) {
    for await (const { id, hasBody } of selectEntries(inbox, { state }, { signal })) {
      const item = hasBody ? await findEntry(inbox, id) : undefined;
      if (item?.body) yield item.body;
    }
  }
}

function seenIn(body: Uint8Array): SeenEvent | undefined {
  try {
    const { type, data } = parseEvent(body);
    return isShallow(data) ? { type, data: data ?? null } : undefined;
  } catch {
    return undefined;
  }
}
