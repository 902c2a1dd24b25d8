import { buffer } from 'node:stream/consumers';
import type { HttpFunction } from '@google-cloud/functions-framework';
import { writeResponse } from '@showpad-webhooks/core/node';
import { receiver } from './receiver.ts';

/** Receives on Google Cloud Functions. The entry point is `showpadWebhooks`. */
export const showpadWebhooks: HttpFunction = async (req, res) => {
  const { response } = await receiver.receive({
    method: req.method,
    headers: req.headers,
    // The platform keeps the bytes that were signed. Without a Content-Type it leaves them in the stream.
    body: req.rawBody ?? (() => buffer(req)),
    url: req.originalUrl,
  });
  writeResponse(res, response);
};
