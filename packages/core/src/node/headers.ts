import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A Node request's headers, or `req.headers` itself, as `receive` takes them. */
export function toHeaders(
  source: IncomingMessage | IncomingHttpHeaders,
): Readonly<Record<string, string | string[]>> {
  const headers =
    'rawHeaders' in source ? (source as IncomingMessage).headers : (source as IncomingHttpHeaders);
  return headers as Readonly<Record<string, string | string[]>>;
}
