import type { RegisteredHandler } from '../handlers/handler.ts';
import { isOfOneProcess } from '../handlers/handler-names.ts';
import { ShowpadWebhookError } from '../shared/error.ts';
import { quote } from '../shared/text.ts';
import type { Inbox, InboxItem } from './types.ts';

/** More entries than this are not looked at, so that a start after a long outage does not take long. */
const MOST_ENTRIES = 5_000;
const PAGE = 500;

type FindHandlers = (type: string) => readonly RegisteredHandler[];

/**
 * Says which entries wait for a handler that does not exist any more: one error for each type without a handler, and one for
 * each handler that is done for entries and not registered.
 */
export async function findOrphans(inbox: Inbox, findHandlers: FindHandlers): Promise<ShowpadWebhookError[]> {
  const withoutHandler = new Map<string, number>();
  const doneByUnknown = new Map<string, Map<string, number>>();
  let left = MOST_ENTRIES;
  for (const state of ['leased', 'pending'] as const) {
    let cursor: string | undefined;
    do {
      const { items, next } = await inbox.list({ state, limit: Math.min(PAGE, left), cursor });
      for (const item of items) count(item);
      left -= items.length;
      cursor = next;
    } while (cursor !== undefined && left > 0);
  }

  function count({ type, done }: InboxItem): void {
    const handlers = findHandlers(type);
    const names = new Set(handlers.map(({ identity }) => identity));
    if (handlers.length === 0) add(withoutHandler, type);
    else for (const name of done) if (!names.has(name) && !isOfOneProcess(name)) addDone(type, name);
  }

  function addDone(type: string, name: string): void {
    const byName = doneByUnknown.get(type) ?? new Map<string, number>();
    doneByUnknown.set(type, byName);
    add(byName, name);
  }

  const events = (number: number) =>
    `${left > 0 ? '' : 'at least '}${number} ${number === 1 ? 'event' : 'events'}`;
  return [
    ...[...withoutHandler].map(([type, number]) => noHandler(type, events(number))),
    ...[...doneByUnknown].flatMap(([type, byName]) =>
      [...byName].map(([name, number]) => unknownName(type, name, events(number))),
    ),
  ];
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The error of an entry whose handlers failed before and are not registered any more. */
export function handlerIsGone(type: string): ShowpadWebhookError {
  const message = `An earlier attempt failed, and no handler is registered for ${quote(type)} now.`;
  return new ShowpadWebhookError('HANDLER_FAILED', message, {
    hint: 'Register the handler again, or discard the entry. It is tried again until its attempts are over.',
  });
}

function noHandler(type: string, events: string): ShowpadWebhookError {
  const message = `No handler is registered for ${quote(type)}, but the inbox still has ${events} of this type to handle.`;
  return new ShowpadWebhookError('INBOX_FAILED', message, {
    hint:
      'Events that no handler has tried yet count as handled now, and the others end as dead letters. Was the handler removed ' +
      `by mistake? Register it again: receiver.on(${quote(type)}, handler).`,
  });
}

function unknownName(type: string, name: string, events: string): ShowpadWebhookError {
  const message = `The inbox has ${events} of type ${quote(type)} for which the handler ${quote(name)} is done, and no handler has this name now.`;
  return new ShowpadWebhookError('INBOX_FAILED', message, {
    hint:
      'If you renamed the handler, it runs for them again. Was that a mistake? Give it its name again: ' +
      `receiver.on(${quote(type)}, handler, { name: ${quote(name)} }).`,
  });
}
