import type { InboxEntry } from '@showpad-webhooks/core/inbox';
import { type Candidate, entryOf } from './candidate.ts';

/** An event as it is stored by hand. It has the bytes that the package keeps. */
export interface Row {
  /** As long as the keys of the package, and as random. */
  readonly key: string;
  readonly entry: InboxEntry;
  /** All but the body and its digest, as JSON. */
  readonly meta: string;
}

/** What an engine does for the floor, with as few statements as possible. */
export interface FloorStore extends Required<Pick<Candidate, 'bytesPerEvent' | 'close'>> {
  /** Resolves when all rows are durable, or were there before. */
  insert(rows: readonly Row[]): Promise<unknown>;
  /** Takes up to `limit` events, and returns them with their bodies. */
  take(limit: number): Promise<readonly Taken[]>;
  /** Notes that events are done, and gives their bodies back. */
  finish(taken: readonly Taken[]): Promise<unknown>;
  addRows?(count: number): Promise<void>;
}

export interface Taken {
  readonly key: string;
  readonly meta: string;
}

interface Waiting {
  readonly row: Row;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** While one batch is being synced, the next is on its way. */
const BATCHES_AT_ONCE = 2;
const TAKEN_AT_ONCE = 64;

/**
 * The least that stores the same bytes as durably, in the same indexes, with one sync for events that come at the same time. It
 * has no leases, retries, dead letters or clock, checks nothing, and answers nobody whose event was there before.
 */
export function createFloor({ insert, take, finish, ...store }: FloorStore): Candidate {
  let waiting: Waiting[] = [];
  let running = 0;
  let hasNew = false;
  let wake = () => {};
  let isClosed = false;
  let handling: Promise<void> | undefined;

  async function flush(): Promise<void> {
    if (running === BATCHES_AT_ONCE || waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    running++;
    try {
      await insert(batch.map(({ row }) => row));
      for (const { resolve } of batch) resolve();
      hasNew = true;
      wake();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    running--;
    await flush();
  }

  async function handleAll(onHandled: (id: string) => void): Promise<void> {
    while (!isClosed) {
      const taken = await take(TAKEN_AT_ONCE);
      for (const { meta } of taken) onHandled(JSON.parse(meta).id);
      if (taken.length > 0) await finish(taken);
      else await somethingNew();
    }
  }

  async function somethingNew(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (!hasNew && !isClosed) await woken;
    hasNew = false;
  }

  return {
    ...store,
    put: (id) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ row: rowOf(id), resolve, reject });
        if (waiting.length === 1) setImmediate(flush);
      }),
    async handle(onHandled) {
      handling = handleAll(onHandled);
    },
    async close() {
      isClosed = true;
      wake();
      await handling;
      await store.close();
    },
  };
}

function rowOf(id: string): Row {
  const entry = entryOf(id);
  const { body: _body, bodyDigest: _digest, error: _error, ...meta } = entry;
  return { key: id.replaceAll('-', '').slice(0, 22), entry, meta: JSON.stringify(meta) };
}
