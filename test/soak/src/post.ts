import { type Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { SignedDelivery } from '@showpad-webhooks/core/testing';
import { PATH } from './entry.ts';

export interface Answer {
  /** Undefined if there was none. */
  readonly status: number | undefined;
  readonly tookMs: number;
}

/** How the request is sent: at once, in pieces, or not to its end, or the sender does not wait for the response. */
export type Manner = 'whole' | 'slow' | 'cut' | 'unheard';

const PIECES = 5;
const PATIENCE_MS = 15_000;

/** Posts a delivery. Never rejects. */
export function post(
  { headers, body }: SignedDelivery,
  { port, agent, manner, pauseMs }: { port: number; agent: Agent; manner: Manner; pauseMs: number },
): Promise<Answer> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const finish = (status?: number) => resolve({ status, tookMs: performance.now() - startedMs });
    const sent = request({
      port,
      host: '127.0.0.1',
      agent,
      path: PATH,
      method: 'POST',
      headers: { ...headers, 'content-length': body.byteLength },
      timeout: PATIENCE_MS,
    });
    sent.once('response', (response) => {
      response.resume().once('end', () => finish(response.statusCode));
      response.once('error', () => finish());
    });
    sent.once('timeout', () => sent.destroy());
    sent.on('error', () => finish());
    sent.once('close', () => finish());
    const half = Math.floor(body.byteLength / 2);
    if (manner === 'whole') sent.end(body);
    else if (manner === 'slow') void writeSlowly();
    else if (manner === 'cut') sent.write(body.subarray(0, half), () => sent.destroy());
    else sent.end(body, () => sent.destroy());

    async function writeSlowly(): Promise<void> {
      const size = Math.ceil(body.byteLength / PIECES);
      for (let at = 0; at < body.byteLength && !sent.destroyed; at += size) {
        sent.write(body.subarray(at, at + size));
        await delay(pauseMs);
      }
      sent.end();
    }
  });
}
