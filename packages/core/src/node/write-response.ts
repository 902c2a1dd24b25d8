import { Buffer } from 'node:buffer';
import type { WebhookResponse } from '../delivery/response.ts';
import { endStream, isHttp2 } from './http2.ts';
import type { NodeResponse } from './node-request.ts';

/** How long the rest of a rejected upload is read and thrown away before its connection is closed. */
const LINGER_MS = 1_000;
/** How much of it is read. After that the sender has to wait, which costs us nothing. */
const LINGER_BYTES = 16 * 1024 * 1024;

/**
 * Writes the response of a receipt. It does nothing if something else has answered, or if the sender is gone.
 *
 * A response that closes the connection is sent at once, and the connection stays open until the upload is over or a second
 * has passed. If it were closed with unread bytes, TCP would reset it, and the sender might never see the response. HTTP/2
 * needs no such wait: only the stream of the upload ends, right after the response.
 */
export function writeResponse(res: NodeResponse, { status, headers, body }: WebhookResponse): void {
  if (res.headersSent || res.destroyed) return;
  const length = { 'content-length': Buffer.byteLength(body) };
  if (isHttp2(res)) {
    // HTTP/2 has no such header, and Node would warn of it.
    const { connection: _, ...allowed } = headers;
    res.writeHead(status, { ...allowed, ...length });
    endStream(res, body);
    return;
  }
  // Assigned and not spread, because V8 is slow to add properties to an object that was spread.
  res.writeHead(status, Object.assign({}, headers, length));
  const { req } = res;
  if (headers.connection !== 'close' || req.readableEnded || req.destroyed) {
    res.end(body);
    return;
  }
  res.write(body);
  const timer = setTimeout(finish, LINGER_MS);
  let readBytes = 0;
  function drop({ length }: Buffer): void {
    readBytes += length;
    if (readBytes > LINGER_BYTES) req.pause();
  }
  function finish(): void {
    clearTimeout(timer);
    req.off('data', drop).off('end', finish).off('close', finish).off('error', finish);
    res.end();
  }
  req.on('data', drop).on('end', finish).on('close', finish).on('error', finish).resume();
}
