import { TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import type { HeaderMap } from './send.ts';

/** A line that an `onDeadLetter` listener as in the documentation wrote. */
interface WrittenLetter {
  readonly headers: HeaderMap;
  /** In base64. */
  readonly body: string;
  readonly receivedAt?: unknown;
}

/** What is known of the delivery that became a dead letter, as a recording says it. */
interface DeadDelivery {
  readonly receivedAt: string;
  readonly method: string;
  readonly headers: HeaderMap;
  readonly body: Buffer;
  readonly isAuthentic: boolean;
  readonly outcome: string;
  readonly status: number;
}

/** Reads a dead letter as a recording of a delivery that failed. Its signature is verified like every other one. */
export function recordingOfLetter({ headers, body, receivedAt }: WrittenLetter): DeadDelivery {
  const signedAtMs = Number(headers[TIMESTAMP_HEADER]) * 1_000;
  const signedAt = Math.abs(signedAtMs) <= 8.64e15 ? new Date(signedAtMs) : new Date(0);
  return {
    receivedAt:
      typeof receivedAt === 'string' && !Number.isNaN(Date.parse(receivedAt))
        ? receivedAt
        : signedAt.toISOString(),
    method: 'POST',
    headers,
    body: Buffer.from(body, 'base64'),
    isAuthentic: true,
    outcome: 'failed',
    status: 500,
  };
}
