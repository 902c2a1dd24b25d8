import { ShowpadWebhookError } from './error.ts';
import { headerValue, type WebhookHeaders } from './headers.ts';
import type { Settings } from './options.ts';
import { checkBytes } from './signature.ts';

/** What an adapter makes of its framework's request. */
export interface WebhookRequest {
  readonly method: string;
  readonly headers: WebhookHeaders;
  /**
   * The exact bytes sent, or a function that reads them: it is called only for a delivery that its headers
   * don't already condemn, rejects with `BODY_TOO_LARGE` past the limit, and settles in the end whatever the
   * sender does.
   */
  readonly body: Uint8Array | ((limitBytes: number) => Promise<Uint8Array>);
  /** Path and query. For key resolvers, and for GET deliveries. */
  readonly url?: string;
}

/** Refuses by method and headers, which cost nothing to look at. */
export function checkHead(request: WebhookRequest, { methods, maxBodyBytes }: Settings): void {
  if (!methods.includes(request.method)) {
    throw new ShowpadWebhookError(
      'METHOD_NOT_ALLOWED',
      `a delivery by ${printable(request.method)}`,
      `Subscribe with ${methods.join(' or ')}, or set the option "methods".`,
    );
  }
  if (Number(headerValue(request.headers, 'content-length')) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
  const encoding = headerValue(request.headers, 'content-encoding')?.trim().toLowerCase();
  if (encoding && encoding !== 'identity') {
    throw new ShowpadWebhookError(
      'ENCODING_UNSUPPORTED',
      `a body with Content-Encoding ${printable(encoding)}`,
      'Signed bytes are never inflated. Does a proxy compress?',
    );
  }
}

/** What a body reader gave, or the request itself. */
export function checkBody(body: unknown, limitBytes: number): Uint8Array {
  checkBytes(body);
  if (body.byteLength > limitBytes) throw bodyTooLarge(limitBytes);
  return body;
}

/** The error of a body reader that failed. */
export function unreadable(cause: unknown): ShowpadWebhookError {
  if (ShowpadWebhookError.isInstance(cause)) return cause;
  return new ShowpadWebhookError(
    'RAW_BODY_UNAVAILABLE',
    'the body could not be read',
    'The sender left, or the stream broke.',
    cause,
  );
}

/** For body readers too: the one error of a body over the limit. */
export function bodyTooLarge(limitBytes: number): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'BODY_TOO_LARGE',
    `the body is larger than ${limitBytes} bytes`,
    'Raise "maxBodyBytes"? A 413 is never retried.',
  );
}

/** A sender's own words, cut short and without control characters, for a message. */
function printable(text: unknown): string {
  return JSON.stringify(String(text).slice(0, 32));
}
