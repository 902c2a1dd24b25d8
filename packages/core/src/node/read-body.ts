import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ShowpadWebhookError } from '../error.ts';
import { bodyTooLarge } from '../request.ts';

export interface ReadBodyOptions {
  /** How long the whole body may take. Default 10,000. */
  readonly timeoutMs?: number;
}

const BODY_TIMEOUT_MS = 10_000;

/**
 * Reads a Node request's exact bytes, at most `limitBytes` of them. Settles whatever the sender does, and
 * leaves no listener and no timer behind; what comes after the limit is not kept.
 *
 * @throws ShowpadWebhookError `BODY_TOO_LARGE`, `BODY_TIMEOUT` (the sender was too slow) or
 * `RAW_BODY_UNAVAILABLE` (it went away halfway, or something else has read the stream).
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { readBody, toHeaders, writeResponse } from '@showpad-webhooks/core/node';
 *
 * const receiver = createReceiver({ keys: 'a-signature-key' });
 * createServer(async (req, res) => {
 *   const receipt = await receiver.receive({
 *     method: req.method ?? '',
 *     headers: toHeaders(req),
 *     body: (limitBytes) => readBody(req, limitBytes),
 *   });
 *   writeResponse(res, receipt.response);
 * });
 * ```
 */
export function readBody(
  req: IncomingMessage,
  limitBytes: number,
  { timeoutMs = BODY_TIMEOUT_MS }: ReadBodyOptions = {},
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // A stream that ended, broke or was read by others would never emit again.
    if (req.readableDidRead || req.destroyed || req.readableEnded) {
      reject(unavailable('the request stream was read or closed before'));
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;

    const onData = (chunk: Buffer | string) => {
      if (typeof chunk === 'string') {
        finish(unavailable('something called setEncoding() on the request stream'));
        return;
      }
      length += chunk.length;
      if (length > limitBytes) finish(bodyTooLarge(limitBytes));
      else chunks.push(chunk);
    };
    const onEnd = () => finish();
    const onGone = () => finish(unavailable('the sender went away before the body was complete'));
    let timer: NodeJS.Timeout | undefined;
    // A body that has come with its headers is read by then, and needs no timer.
    const watch = setImmediate(() => {
      timer = setTimeout(() => finish(tooSlow(timeoutMs)), timeoutMs);
    });

    function finish(error?: ShowpadWebhookError): void {
      clearImmediate(watch);
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      if (error) {
        chunks.length = 0;
        reject(error);
      } else {
        resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length));
      }
    }
    req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

function unavailable(message: string): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'RAW_BODY_UNAVAILABLE',
    message,
    'If a body parser ran first, mount the webhook route before it. A sender that hung up needs no mend.',
  );
}

function tooSlow(timeoutMs: number): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'BODY_TIMEOUT',
    `the body was not complete after ${timeoutMs} ms`,
    'A slow network or a slow-sending attacker. Showpad was answered 503 and tries again.',
  );
}
