import { randomUUID } from 'node:crypto';
import { ShowpadWebhookError, toWebhookError } from '../shared/error.ts';
import { parseEvent, type ShowpadEvent } from './event.ts';

export interface EventSource {
  readonly method: string;
  readonly url?: string | undefined;
  readonly body: Uint8Array;
}

/** Reads the event of a delivery whose signature is right. The error is `BODY_INVALID` or `EVENT_INVALID`. */
export function readEvent({ method, url, body }: EventSource): ShowpadEvent | ShowpadWebhookError {
  const isByQuery = method === 'GET' && body.byteLength === 0;
  try {
    return isByQuery ? queryEvent(url) : parseEvent(body);
  } catch (thrown) {
    return toWebhookError(thrown);
  }
}

/**
 * The event of a GET delivery without a body. **Inferred**: a subscription can use GET, and what such a delivery contains
 * is not documented. So the type is the one in the subscribed URL (`?type=…`), and the id is generated: without an id of
 * Showpad's, nobody can tell two events from one that came twice. The query is not signed; only the timestamp is.
 */
function queryEvent(url: string = ''): ShowpadEvent {
  const queryStart = url.indexOf('?');
  const query = queryStart === -1 ? '' : url.slice(queryStart);
  const type = new URLSearchParams(query).get('type');
  if (!type) {
    throw new ShowpadWebhookError('EVENT_INVALID', 'A GET delivery without a body names no event type.', {
      hint: 'Create the subscription with POST, or with a URL that ends in ?type=… and the type of the event.',
    });
  }
  const unknown = { specversion: undefined, time: undefined, date: undefined };
  return { ...unknown, type, id: randomUUID(), data: {} } as unknown as ShowpadEvent;
}
