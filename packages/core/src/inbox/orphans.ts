import type { RegisteredHandler } from '../handlers/handler.ts';
import { isOfOneProcess } from '../handlers/handler-names.ts';
import { ShowpadWebhookError } from '../shared/error.ts';
import { quote } from '../shared/text.ts';
import type { Inbox, InboxItem } from './types.ts';

/** More entries than this are not looked at, so that a start after a long outage does not take long. */
const MOST_ENTRIES = 5_000;
const PAGE = 500;

/** Entries of one type that miss the same handler. */
interface Orphans {
  readonly type: string;
  /** The handler that is done for them and does not exist any more. Undefined: their type has no handler at all. */
  readonly missing: string | undefined;
  number: number;
}

/** Says which entries wait for a handler that does not exist any more, with one error for each type and handler. */
export async function findOrphans(
  inbox: Inbox,
  findHandlers: (type: string) => readonly RegisteredHandler[],
): Promise<ShowpadWebhookError[]> {
  const found = new Map<string, Orphans>();
  let left = MOST_ENTRIES;

  function count({ type, done }: InboxItem): void {
    const handlers = findHandlers(type);
    const isGone = (name: string) =>
      !isOfOneProcess(name) && !handlers.some(({ identity }) => identity === name);
    for (const missing of handlers.length === 0 ? [undefined] : done.filter(isGone)) {
      const key = JSON.stringify([type, missing]);
      const orphans = found.get(key) ?? { type, missing, number: 0 };
      orphans.number++;
      found.set(key, orphans);
    }
  }

  for (const state of ['leased', 'pending'] as const) {
    let cursor: string | undefined;
    do {
      const { items, next } = await inbox.list({ state, limit: PAGE, cursor });
      items.forEach(count);
      left -= items.length;
      cursor = next;
    } while (cursor !== undefined && left > 0);
  }
  return [...found.values()].map((orphans) => errorOf(orphans, left > 0 ? '' : 'at least '));
}

function errorOf({ type, missing, number }: Orphans, prefix: string): ShowpadWebhookError {
  const events = `${prefix}${number} stored ${number === 1 ? 'event' : 'events'} of type ${quote(type)}`;
  const registration = `If you removed the handler by mistake, register it again: receiver.on(${quote(type)}, handler`;
  if (missing === undefined) {
    return new ShowpadWebhookError('INBOX_FAILED', `There is no handler any more for ${events}.`, {
      hint: `Events that were never tried count as handled now. The others become dead letters. ${registration}).`,
    });
  }
  const message = `The handler ${quote(missing)} is done for ${events}, and there is no handler of this name any more.`;
  return new ShowpadWebhookError('INBOX_FAILED', message, {
    hint: `If you renamed the handler, it runs again for these events. ${registration}, { name: ${quote(missing)} }).`,
  });
}

/** The error of an entry whose handlers failed before and are not registered any more. */
export function handlerIsGone(type: string): ShowpadWebhookError {
  return new ShowpadWebhookError('HANDLER_FAILED', `There is no handler any more for ${quote(type)}.`, {
    hint: 'Register it again, or discard the entry. It is retried until its attempts are over.',
  });
}
