import type { InboxEntry } from '@showpad-webhooks/core/inbox';

/** Something that stores events in Postgres and hands them out. */
export interface Candidate {
  /** Resolves when the event is durable, or was there before. */
  put(id: string): Promise<unknown>;
  /** Handles what is stored, eight at once, with a handler that calls `done`. Resolves to what stops it. */
  handle(done: () => void): Promise<() => Promise<unknown>>;
  /** Adds rows of events that were handled long ago. */
  addRows?(count: number): Promise<void>;
  close(): Promise<unknown>;
}

/** The body of an event of 600 bytes. */
export const BODY: Buffer = Buffer.from(JSON.stringify({ type: 'load', data: 'x'.repeat(575) }));
export const CONCURRENCY = 8;

/** What comes with an event and has to be kept, in order to find it, to show it and to retry it. */
export function entryOf(id: string): InboxEntry {
  return {
    id,
    type: 'load',
    body: BODY,
    bodyDigest: 1,
    method: 'POST',
    url: '/webhooks/showpad',
    headers: { 'content-type': 'application/json' },
    timestampSeconds: 1,
    keyLabel: undefined,
    receivedAtMs: Date.now(),
    error: undefined,
  };
}
