import type { InboxEntry } from '@showpad-webhooks/core/inbox';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { eventBody } from '../../../bench/src/bodies.ts';
import { KEY, PATH, TYPE } from './requests.ts';

/** Like a new event that Express has received. */
export function newEntry(bodyBytes: number): InboxEntry {
  const { method, headers, body } = signedDelivery({ body: eventBody(bodyBytes) }, { key: KEY });
  return {
    id: JSON.parse(body.toString()).id,
    type: TYPE,
    body,
    bodyDigest: 1,
    method,
    url: PATH,
    headers: { host: 'www.example.com', 'content-length': String(body.length), ...headers },
    timestampSeconds: Math.floor(Date.now() / 1_000),
    keyLabel: undefined,
    receivedAtMs: Date.now(),
    error: undefined,
  };
}

/** Calls `use` for each of the entries, and for so many at the same time. */
export async function forEach<Entry>(
  entries: readonly Entry[],
  atOnce: number,
  use: (entry: Entry) => unknown,
): Promise<void> {
  const left = entries.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const entry of left) {
        await use(entry);
        // The next one comes in another turn of the event loop, as requests do.
        await new Promise(setImmediate);
      }
    }),
  );
}
