import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { WebhookResponse } from '../response.ts';

/** How long what is left of a refused upload is read and thrown away before its connection is closed. */
const LINGER_MS = 1_000;

/**
 * Writes a receipt's response; does nothing where something else has answered or the sender is gone.
 *
 * An answer that closes the connection goes out at once, and the connection stays open until the upload is
 * over or a second has passed: closed with bytes unread, TCP resets it and the sender may never see the
 * answer.
 */
export function writeResponse(res: ServerResponse, { status, headers, body }: WebhookResponse): void {
  if (res.headersSent || res.destroyed) return;
  // Not spread: V8 is slow to read the copy.
  res.writeHead(status, Object.assign({}, headers, { 'content-length': Buffer.byteLength(body) }));
  const { req } = res;
  if (headers.connection !== 'close' || req.readableEnded || req.destroyed) {
    res.end(body);
    return;
  }
  res.write(body);
  const timer = setTimeout(finish, LINGER_MS);
  function finish(): void {
    clearTimeout(timer);
    req.off('end', finish).off('close', finish).off('error', finish);
    res.end();
  }
  req.on('end', finish).on('close', finish).on('error', finish).resume();
}
