import type { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * For an app whose parser must come first: the parser keeps the exact bytes as `req.rawBody`.
 *
 * The parser's own limit still holds, before the webhook is reached: `express.json()` answers a body over
 * 100 kB with 413, which Showpad never retries. Raise its `limit` to the receiver's `maxBodyBytes`.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { captureRawBody } from '@showpad-webhooks/express';
 *
 * express().use(express.json({ verify: captureRawBody, limit: '1mb' }));
 * ```
 */
export function captureRawBody(req: IncomingMessage, _res: ServerResponse, bytes: Buffer): void {
  Object.assign(req, { rawBody: bytes });
}
