import { parseEvent } from '@showpad-webhooks/core';
import { readRecordings } from '../http/recording.ts';
import { isShallow, type SeenEvent } from './read-events.ts';

export interface Observed {
  readonly seen: readonly SeenEvent[];
  /** Deliveries that were not authentic. Anybody can have made them. */
  readonly forged: number;
  /** Authentic deliveries that contain no event, or one that nests too deeply. */
  readonly unreadable: number;
}

/** Reads the events of recordings. */
export async function readObserved(paths: readonly string[]): Promise<Observed> {
  const seen: SeenEvent[] = [];
  let forged = 0;
  let unreadable = 0;
  for (const path of paths) {
    for (const { isAuthentic, body } of await readRecordings(path)) {
      const event = isAuthentic ? seenIn(body) : undefined;
      if (event) seen.push(event);
      else if (isAuthentic) unreadable++;
      else forged++;
    }
  }
  return { seen, forged, unreadable };
}

function seenIn(body: Uint8Array): SeenEvent | undefined {
  try {
    const { type, data } = parseEvent(body);
    return isShallow(data) ? { type, data: data ?? {} } : undefined;
  } catch {
    return undefined;
  }
}
