import type { EventEnvelope } from '../events/event.ts';
import type { Handler } from '../handlers/handler.ts';
import { checkKnown } from '../shared/check.ts';
import { logSafely } from '../shared/logger.ts';
import { clip } from '../shared/text.ts';
import { createMemoryLatestTimes, type LatestTimes } from './latest-times.ts';

export interface SkipOlderOptions<Event> {
  /** Names the object that an event is about. Events of other objects do not matter to it. */
  readonly keyOf: (event: Event) => string;
  /** When the event happened. Default: `event.date`. If there is no valid time, the handler runs and nothing is noted. */
  readonly timeOf?: (event: Event) => Date | undefined;
  /** Where the times are kept. Give each handler its own. Default: `createMemoryLatestTimes()`, which serves one process. */
  readonly times?: LatestTimes;
}

const LONGEST_LOGGED_TEXT = 128;

/**
 * Makes a handler that does not run for an event that is older than one which it has handled for the same object. Use it if
 * each event tells the whole state of the object: of events that each tell a part, none may be skipped.
 *
 * An event of the same time runs, and so does one without a valid time. An event that failed runs again, unless a later one was
 * handled in the meantime. The events of one object are handled one after another. A skipped event counts as handled. If
 * `keyOf` returns no text, the handler fails with a TypeError.
 *
 * @throws TypeError for an unknown option.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { skipOlder } from '@showpad-webhooks/core/ordering';
 *
 * const receiver = createReceiver({ keys: 'a-signature-key' });
 * receiver.on(
 *   'shared-space-user-added',
 *   skipOlder({ keyOf: ({ data }) => data.sharedSpace.id }, async function syncSpace({ data }) {
 *     console.log(`The space is called ${data.sharedSpace.name} now.`);
 *   }),
 * );
 * ```
 */
export function skipOlder<Event extends EventEnvelope<string, unknown>>(
  options: SkipOlderOptions<Event>,
  handler: Handler<Event>,
): Handler<Event> {
  const { keyOf, timeOf = ({ date }) => date, times = createMemoryLatestTimes() } = options;
  checkKnown(options, { keyOf, timeOf, times });
  const skipping: Handler<Event> = async (event, context) => {
    const key: unknown = keyOf(event);
    if (typeof key !== 'string' || key === '') {
      throw new TypeError('The option "keyOf" of skipOlder() must return a text for every event.');
    }
    const timeMs = Number(timeOf(event) ?? Number.NaN);
    const run = async () => void (await handler(event, context));
    if (Number.isNaN(timeMs)) return run();
    if (await times.runUnlessOlder(key, timeMs, run)) return;
    const fields = {
      receiverName: context.receiverName,
      type: event.type,
      id: clip(event.id, LONGEST_LOGGED_TEXT),
    };
    logSafely(() => context.logger.info(fields, 'showpad webhook skipped: a later event was handled before'));
  };
  // A ledger and an inbox remember the handler by its name.
  return Object.defineProperty(skipping, 'name', { value: handler.name });
}
