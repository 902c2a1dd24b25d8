import { type EventDelivery, readEventOf, type VerifiedDelivery } from '../delivery/delivery.ts';
import { messageOf, ShowpadWebhookError } from '../shared/error.ts';
import { digestOf } from '../shared/hash.ts';
import { plainHeaders } from '../shared/headers.ts';
import { clip } from '../shared/text.ts';
import type { InboxEntry, InboxError, InboxJob } from './types.ts';

const LONGEST_KEPT_MESSAGE = 1_000;

/** Makes the entry of a delivery. Its id and its type come later. */
export function entryOf(delivery: VerifiedDelivery): Omit<InboxEntry, 'id'> {
  const { request, body, timestampSeconds, keyLabel, receivedAtMs } = delivery;
  return {
    type: '',
    body,
    bodyDigest: digestOf(body),
    method: request.method,
    url: request.url,
    headers: plainHeaders(request.headers),
    timestampSeconds,
    keyLabel,
    receivedAtMs,
    error: undefined,
  };
}

/** The delivery that a stored entry came with. */
export function deliveryOf(job: InboxJob): VerifiedDelivery {
  const { method, url, headers, body, timestampSeconds, keyLabel, receivedAtMs } = job;
  return {
    request: { method, url, headers, body },
    body,
    timestampSeconds,
    keyLabel,
    receivedAtMs,
  };
}

/**
 * Reads the event of a stored entry, or says why it is not an event. The generated id of a GET delivery without a body was
 * stored, because each time it is read it would be another one.
 */
export function readStored(job: InboxJob): EventDelivery | ShowpadWebhookError {
  const read = readEventOf(deliveryOf(job));
  if (ShowpadWebhookError.isInstance(read)) return read;
  return job.body.byteLength > 0 ? read : { ...read, event: { ...read.event, id: job.id } };
}

/** What is stored of an error, for whoever looks at the entry later. */
export function keptError({ code, message, cause, handlerName }: ShowpadWebhookError): InboxError {
  const text = cause === undefined ? message : `${message} ${messageOf(cause)}`;
  return { code, message: clip(text, LONGEST_KEPT_MESSAGE), handlerName };
}
