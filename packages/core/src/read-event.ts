import { parseEvent, type ShowpadEvent } from './event.ts';
import type { MaybePromise } from './promise.ts';
import type { WebhookRequest } from './request.ts';

/**
 * The event of a delivery whose signature holds.
 *
 * @throws ShowpadWebhookError `BODY_INVALID` or `EVENT_INVALID`.
 */
export function readEvent(
  { method, url }: Pick<WebhookRequest, 'method' | 'url'>,
  body: Uint8Array,
): MaybePromise<ShowpadEvent> {
  if (method !== 'GET' || body.byteLength > 0) return parseEvent(body);
  // Loaded by those alone who subscribed by GET.
  return import('./query-event.ts').then(({ queryEvent }) => queryEvent(url));
}
