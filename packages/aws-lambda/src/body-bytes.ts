import { Buffer } from 'node:buffer';
import { ShowpadWebhookError, type WebhookRequest } from '@showpad-webhooks/core';

/** Headers of an event. A name may be written in any case, and have several values. */
export type EventHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The exact bytes of a body that AWS has put into JSON, as base64 or as text. If bytes that are not UTF-8 were lost in the
 * text, the reader rejects with `RAW_BODY_UNAVAILABLE`.
 */
export function bytesOf(text: string, isBase64: boolean, headers: EventHeaders): WebhookRequest['body'] {
  if (isBase64) return Buffer.from(text, 'base64');
  const bytes = Buffer.from(text, 'utf8');
  if (!isDamaged(text, bytes.byteLength, headers)) return bytes;
  return async () => {
    throw new ShowpadWebhookError(
      'RAW_BODY_UNAVAILABLE',
      'The body had bytes that are not UTF-8, and they were lost.',
      {
        hint:
          'In this API the gateway turns the body into text before the webhook gets it. If it is a REST API, add "*/*" to its ' +
          'binary media types, and deploy it. Other gateways have no such setting.',
      },
    );
  };
}

/** U+FFFD replaces an invalid byte, unless it was sent as it is. Then the length is the one that was declared. */
function isDamaged(text: string, byteLength: number, headers: EventHeaders): boolean {
  if (!text.includes('\uFFFD')) return false;
  const declared = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  return declared !== undefined && Number(declared) !== byteLength;
}
