import type { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Lets a parser that has to run first keep the exact bytes as `req.rawBody`.
 *
 * The parser's own limit still applies, before the request reaches the webhook: `express.json()` answers a body over 100 kB
 * with 413, and Showpad never retries a 413. Raise its `limit` to the `maxBodyBytes` of the receiver.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { captureRawBody } from '@showpad-webhooks/express';
 *
 * express().use(express.json({ verify: captureRawBody, limit: '10mb' }));
 * ```
 */
export function captureRawBody(req: IncomingMessage, _res: ServerResponse, bytes: Buffer): void {
  Object.assign(req, { rawBody: bytes });
}
