import { isUtf8 } from 'node:buffer';
import type { InboxItem, InboxState } from '@showpad-webhooks/core/inbox';
import { attemptsOf } from '@showpad-webhooks/core/operations';
import { type Color, type Line, paint } from '../terminal/output.ts';
import { attemptValue, lineOfAttempt } from './attempts.ts';
import { isoOf } from './iso.ts';

const COLORS: Readonly<Record<InboxState, Color>> = {
  pending: 'yellow',
  leased: 'yellow',
  done: 'green',
  dead: 'red',
};

/** An entry for scripts, without its payload and its headers. */
export function entryValue(item: InboxItem): object {
  return {
    id: item.id,
    type: item.type,
    state: item.state,
    attempt: item.attempt,
    retries: item.generation,
    receivedAt: isoOf(item.receivedAtMs),
    dueAt: isoOf(item.dueAtMs),
    leasedUntil: isoOf(item.leasedUntilMs),
    settledAt: isoOf(item.settledAtMs),
    doneHandlers: item.done,
    code: item.error?.code,
    message: item.error?.message,
    handler: item.error?.handlerName,
    attempts: attemptsOf(item).map(attemptValue),
    keyLabel: item.keyLabel,
    bodyBytes: item.bodyBytes,
    hasBody: item.hasBody,
  };
}

/** An entry on one line. */
export function lineOf(item: InboxItem): Line {
  const { state, id, type, attempt } = item;
  return [
    paint('dim', isoOf(item.settledAtMs ?? item.receivedAtMs) ?? ''),
    paint(COLORS[state], state),
    id,
    type || 'no event',
    attempt === 0 ? '' : `attempt ${attempt}`,
    errorOf(item),
  ];
}

/** All that is known of an entry, except its payload. */
export function linesOf(item: InboxItem): readonly Line[] {
  const { state, id, type, attempt, generation, done, keyLabel, bodyBytes, hasBody } = item;
  const rows: readonly (readonly [label: string, text: string])[] = [
    ['Type', type || 'none: the body is not an event'],
    ['Arrived', isoOf(item.receivedAtMs) ?? ''],
    ['Due', isoOf(item.dueAtMs) ?? ''],
    ['Leased until', isoOf(item.leasedUntilMs) ?? ''],
    [state === 'dead' ? 'Died' : 'Done', isoOf(item.settledAtMs) ?? ''],
    ['Attempts', `${attempt}`],
    ['Retried by hand', generation === 0 ? '' : generation === 1 ? 'once' : `${generation} times`],
    [state === 'dead' ? 'Reason' : 'Last error', errorOf(item)],
    ['Handlers done', done.length > 0 ? done.join(', ') : state === 'done' ? '' : 'none'],
    ['Key', keyLabel ?? ''],
    ['Body', `${bodyBytes} bytes${hasBody ? '' : ', deleted'}`],
  ];
  const attempts = attemptsOf(item);
  const shown = rows.filter(([, text]) => text !== '');
  const width = Math.max(...shown.map(([label]) => label.length));
  return [
    [paint(COLORS[state], state), id],
    ...shown.map(([label, text]): Line => [paint('dim', label.padEnd(width)), text]),
    // If there is only one attempt, the reason says all of it.
    ...(attempts.length > 1 ? attempts.map(lineOfAttempt) : []),
  ];
}

/** The payload as text, or as base64 if it is not text. */
export function payloadOf(
  body: Uint8Array,
): { readonly payload: string } | { readonly payloadBase64: string } {
  const bytes = Buffer.from(body);
  return isUtf8(bytes) ? { payload: bytes.toString() } : { payloadBase64: bytes.toString('base64') };
}

function errorOf({ error }: InboxItem): string {
  return error ? `${error.code}: ${error.message}` : '';
}

/** A number and what it counts, such as `1 dead entry`. */
export function countOf(count: number, state: InboxState | '' = ''): string {
  return [count, state, count === 1 ? 'entry' : 'entries'].filter((word) => word !== '').join(' ');
}
