import { randomUUID } from 'node:crypto';
import { ShowpadWebhookError } from './error.ts';
import type { ShowpadEvent } from './event.ts';

/**
 * The event of a GET delivery without a body. **Inferred**: a subscription can be created with GET, and what
 * such a delivery carries is not documented. So the type is what the subscribed URL says (`?type=…`), and the
 * id is made up: without an id of Showpad's, two events can't be told from one that came twice.
 *
 * The query is not signed. Only the timestamp is.
 *
 * @throws ShowpadWebhookError `EVENT_INVALID` where the URL names no type.
 */
export function queryEvent(url: string | undefined): ShowpadEvent {
  const query = url?.replace(/^[^?]*/, '');
  const type = new URLSearchParams(query).get('type');
  if (!type) {
    throw new ShowpadWebhookError(
      'EVENT_INVALID',
      'a GET delivery without a body names no event type',
      'Subscribe with POST, or with a URL that ends in ?type=… of the event.',
    );
  }
  const event = {
    type,
    id: randomUUID(),
    specversion: undefined,
    time: undefined,
    date: undefined,
    data: {},
  };
  return event as unknown as ShowpadEvent;
}
