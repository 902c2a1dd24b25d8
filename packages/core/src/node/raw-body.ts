import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ShowpadWebhookError } from '../error.ts';
import { headerValue } from '../headers.ts';
import type { WebhookRequest } from '../request.ts';
import { readBody } from './read-body.ts';

export interface RawBodySources {
  /** Other packages' types give it a `rawBody` of their own, text or bytes: here it is an option apart. */
  readonly req: Omit<IncomingMessage, 'rawBody'>;
  /** What a parser left as the body. */
  readonly body?: unknown;
  /** What a parser, or the platform, left as the raw body. */
  readonly rawBody?: unknown;
  /** For the developer, should no bytes be left: what ran first, and the one line that mends it. */
  readonly mend: () => string;
}

/**
 * Finds the exact bytes of a request, wherever its framework left them: a Buffer that a parser kept, the
 * stream itself where nothing has read it, or a text that is provably the bytes' own. Never a guess: where
 * the bytes are gone the reader rejects at once with `RAW_BODY_UNAVAILABLE`.
 */
export function findRawBody({ req, body, rawBody, mend }: RawBodySources): WebhookRequest['body'] {
  if (rawBody instanceof Uint8Array) return rawBody;
  if (body instanceof Uint8Array) return body;
  // Ended, and never anything to read: a parser found an empty body.
  if (!req.readableDidRead)
    return req.readableEnded ? Buffer.alloc(0) : (limitBytes) => readBody(req as IncomingMessage, limitBytes);
  const text = typeof rawBody === 'string' ? rawBody : body;
  if (typeof text === 'string' && isLossless(text, req)) return Buffer.from(text, 'utf8');
  return async () => {
    throw new ShowpadWebhookError(
      'RAW_BODY_UNAVAILABLE',
      'the body was parsed before it was verified',
      mend(),
    );
  };
}

/** True where encoding the text again must give the bytes that were sent. */
function isLossless(text: string, { headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  // U+FFFD may stand for any invalid byte, and a byte order mark is dropped without a trace but the length.
  const declaredLength = headerValue(headers, 'content-length');
  return (
    /^utf-?8$/i.test(charset) &&
    !text.includes('\uFFFD') &&
    declaredLength === String(Buffer.byteLength(text, 'utf8'))
  );
}
