import { checkKnown } from '../shared/check.ts';
import { quote } from '../shared/text.ts';
import type { InboxTarget } from './types.ts';

/**
 * Rejects what is no target of `retry` or `discard`, for callers without types. Call it first in an inbox of your own.
 *
 * @throws TypeError
 */
export function checkTarget(target: InboxTarget): void {
  const { id, state } = (target ?? {}) as { readonly id?: unknown; readonly state?: unknown };
  if (typeof id === 'string') return; // It may be an entry, with all its fields.
  checkKnown(Object(target), { id, state });
  if (id === undefined && (state === 'dead' || state === 'done')) return;
  if (id === undefined && state === 'pending') {
    throw new TypeError(
      'The target { state: "pending" } is refused: pending events were acknowledged and are not handled yet, so Showpad ' +
        'will not send them again. Name each one by its id.',
    );
  }
  throw new TypeError('The target must be { id: "an event id" }, { state: "dead" } or { state: "done" }.');
}

/** What `retry` rejects with if the bodies of what it should retry are gone. */
export function bodyIsGone(target: InboxTarget): Error {
  const what = 'id' in target ? `The event ${quote(target.id)} is` : 'These events are';
  return new Error(
    `${what} done and the body was deleted then, so nothing can be retried. Set the option "keepDoneBodies" of the inbox ` +
      'to true if you want to retry events that will be done from now on.',
  );
}
