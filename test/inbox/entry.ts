import { crc32 } from 'node:zlib';
import type { InboxEntry } from '@showpad-webhooks/core/inbox';

/** A body that contains its own number. Its digest shows whether it is complete. */
function bodyOf(number: number): Buffer {
  return Buffer.from(
    JSON.stringify({ type: 'crash', id: `event-${number}`, data: 'x'.repeat(number % 5_000) }),
  );
}

export function entryOf(number: number): InboxEntry {
  const body = bodyOf(number);
  return {
    id: `event-${number}`,
    type: 'crash',
    body,
    bodyDigest: crc32(body) >>> 1,
    method: 'POST',
    url: '/',
    headers: {},
    timestampSeconds: 0,
    keyLabel: undefined,
    receivedAtMs: Date.now(),
    error: undefined,
  };
}
