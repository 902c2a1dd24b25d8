import { Buffer } from 'node:buffer';
import type { WebhookRequest } from '../delivery/request.ts';
import { isBytes } from '../shared/bytes.ts';
import { ShowpadWebhookError } from '../shared/error.ts';
import { headerValue } from '../shared/headers.ts';
import type { NodeMessage, NodeRequest, ParsedBody } from './node-request.ts';
import { readBody } from './read-body.ts';

export interface RawBodySources extends ParsedBody {
  /** What a parser left on the request itself is not looked at: pass it as `body` or `rawBody`. */
  readonly req: NodeRequest;
  /** Used if no bytes are left. Says to the developer what ran first, and the one line that fixes it. */
  readonly explainMissingBody: () => string;
}

/**
 * Finds the exact bytes of a request: the bytes that a parser kept, the stream itself if nothing has read it, or a text that
 * provably has the same bytes. It never guesses: if the bytes are gone, the reader rejects at once with
 * `RAW_BODY_UNAVAILABLE`.
 */
export function findRawBody({
  req,
  body,
  rawBody,
  explainMissingBody,
}: RawBodySources): WebhookRequest['body'] {
  if (isBytes(rawBody)) return rawBody;
  if (isBytes(body)) return body;
  if (!req.readableDidRead) {
    // A stream that ended and never had anything to read is an empty body, which a parser found.
    if (req.readableEnded) return Buffer.alloc(0);
    return (limitBytes, onHeld) => readBody(req as NodeMessage, limitBytes, { onHeld });
  }
  const text = typeof rawBody === 'string' ? rawBody : body;
  if (typeof text === 'string' && isLossless(text, req)) return Buffer.from(text, 'utf8');
  return async () => {
    throw new ShowpadWebhookError(
      'RAW_BODY_UNAVAILABLE',
      'The body was parsed before it could be verified.',
      {
        hint: explainMissingBody(),
      },
    );
  };
}

/** True if writing the text as UTF-8 must give the bytes that were sent. */
function isLossless(text: string, { headers }: Pick<NodeRequest, 'headers'>): boolean {
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  // U+FFFD can stand for any invalid byte, and a byte order mark that was dropped shows only in the length.
  const declaredLength = headerValue(headers, 'content-length');
  return (
    /^utf-?8$/i.test(charset) &&
    !text.includes('\uFFFD') &&
    declaredLength === String(Buffer.byteLength(text, 'utf8'))
  );
}
