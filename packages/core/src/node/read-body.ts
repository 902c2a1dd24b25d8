import type { Buffer } from 'node:buffer';
import { bodyTooLarge } from '../delivery/request.ts';
import { checkKnown } from '../shared/check.ts';
import { ShowpadWebhookError } from '../shared/error.ts';
import { setTimeLimit } from '../shared/promise.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { mayBeReset, RESET_MS } from './http2.ts';
import type { NodeMessage } from './node-request.ts';

export interface ReadBodyOptions {
  /** Is told how many bytes are held so far. If it throws, reading ends with what it threw. */
  readonly onHeld?: ((bytes: number) => void) | undefined;
  /** How long the whole body may take, in ms. Default 10,000. */
  readonly timeoutMs?: number;
}

const BODY_TIMEOUT_MS = 10_000;

/**
 * Reads the exact bytes of a Node request, at most `limitBytes` of them. It settles whatever the sender does, leaves no
 * listener and no timer behind, and holds at most about twice the bytes that were sent.
 *
 * @throws ShowpadWebhookError `BODY_TOO_LARGE`; `BODY_TIMEOUT` if the sender was too slow; `RAW_BODY_UNAVAILABLE` if the sender
 * went away, or if something else reads the stream. Also what `onHeld` throws.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { readBody, writeResponse } from '@showpad-webhooks/core/node';
 *
 * const receiver = createReceiver({ keys: 'a-signature-key' });
 * createServer(async (req, res) => {
 *   const receipt = await receiver.receive({
 *     method: req.method ?? '',
 *     headers: req.headers,
 *     body: (limitBytes, onHeld) => readBody(req, limitBytes, { onHeld }),
 *   });
 *   writeResponse(res, receipt.response);
 * });
 * ```
 */
export function readBody(
  req: NodeMessage,
  limitBytes: number,
  options: ReadBodyOptions = {},
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const { timeoutMs = BODY_TIMEOUT_MS, onHeld } = options;
    checkKnown(options, { timeoutMs, onHeld });
    // A stream that has ended, broken or been read by others would never emit again.
    if (req.readableDidRead || req.destroyed || req.readableEnded) {
      reject(unavailable('The request stream was read or closed before.'));
      return;
    }
    // A "readable" listener of somebody else keeps the stream from flowing.
    if (req.listenerCount('readable') > 0) {
      reject(unavailable('Something else listens to "readable" on the request stream.'));
      return;
    }
    const declaredBytes = Number(req.headers['content-length'] ?? Number.POSITIVE_INFINITY);
    const bytes = new GrowingBuffer(declaredBytes);
    const endLimit = setTimeLimit(() => finish(tooSlow(timeoutMs)), timeoutMs);
    const onData = (piece: Buffer | string) => {
      if (typeof piece === 'string')
        finish(unavailable('Something called setEncoding() on the request stream.'));
      else if (bytes.length + piece.length > limitBytes) finish(bodyTooLarge(limitBytes));
      else take(piece);
    };
    const take = (piece: Buffer) => {
      try {
        onHeld?.(bytes.length + piece.length);
        bytes.append(piece);
      } catch (error) {
        finish(error as ShowpadWebhookError);
      }
    };
    const onGone = () => finish(unavailable('The sender went away before the body was complete.'));
    let resetTimer: NodeJS.Timeout | undefined;
    const onEnd = () => {
      if (mayBeReset(req)) resetTimer = setTimeout(() => (req.aborted ? onGone() : finish()), RESET_MS);
      else finish();
    };

    function finish(error?: ShowpadWebhookError): void {
      endLimit();
      clearTimeout(resetTimer);
      req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      if (error) reject(error);
      else resolve(bytes.toBuffer());
    }
    // Somebody may have paused the stream, and a listener alone would not start it again.
    req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone).resume();
  });
}

function unavailable(message: string): ShowpadWebhookError {
  return new ShowpadWebhookError('RAW_BODY_UNAVAILABLE', message, {
    hint: 'If a body parser ran first, register the webhook before it. If the sender closed the connection, there is nothing to fix.',
  });
}

function tooSlow(timeoutMs: number): ShowpadWebhookError {
  return new ShowpadWebhookError('BODY_TIMEOUT', `The body was not complete after ${timeoutMs} ms.`, {
    hint: 'The network is slow, or somebody sends slowly on purpose. The response was 503, so Showpad will retry.',
  });
}
