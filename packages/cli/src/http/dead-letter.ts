import type { Recording } from './recording.ts';

/** A line that an `onDeadLetter` listener as in the documentation wrote. */
interface WrittenLetter {
  readonly headers: Recording['headers'];
  /** In base64. */
  readonly body: string;
  readonly receivedAt?: unknown;
}

const TIMESTAMP_HEADER = 'x-showpad-signature-timestamp';

/** Reads a dead letter as a recording of a delivery that failed. Its signature is verified like every other one. */
export function recordingOfLetter({ headers, body, receivedAt }: WrittenLetter): Recording {
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
