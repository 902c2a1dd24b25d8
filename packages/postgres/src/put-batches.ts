import { setImmediate } from 'node:timers'; // Under Jest's jsdom it is no global.
import type { InboxPutResult } from '@showpad-webhooks/core/inbox';
import type { Database } from './database.ts';
import { createInsert, type NewEntry } from './insert-entries.ts';
import { sqlStateOf } from './shared.ts';

interface Waiting {
  readonly added: NewEntry;
  readonly resolve: (result: InboxPutResult) => void;
  readonly reject: (error: unknown) => void;
}

export interface PutBatches {
  /** Resolves when the entry is durable, or was there before. */
  put(entry: NewEntry): Promise<InboxPutResult>;
  /** Resolves when no entry waits, or when Postgres does not answer for too long. */
  drain(): Promise<void>;
}

const MOST_ENTRIES = 500;
const MOST_BYTES = 8 * 1024 * 1024;
/** While Postgres does not answer, entries are refused instead of filling the memory. */
const MOST_WAITING_BYTES = 128 * 1024 * 1024;
/** Longer than anybody waits for an entry to be stored. */
const DRAIN_MS = 3_000;
/** While one batch is being synced, the next is on its way. */
const BATCHES_AT_ONCE = 2;

/** Stores entries that come at the same time in one statement, so that they share one round trip and one sync. */
export function createPutBatches(database: Database, inbox: string): PutBatches {
  const { schema } = database;
  const insertEntries = createInsert(database, inbox);
  const waiting: Waiting[] = [];
  const running = new Set<Promise<void>>();
  let waitingBytes = 0;

  function put(added: NewEntry): Promise<InboxPutResult> {
    const { byteLength } = added.entry.body;
    if (waitingBytes + byteLength > MOST_WAITING_BYTES) {
      return Promise.reject(
        new Error('Too many events wait for Postgres, which does not answer fast enough.'),
      );
    }
    waitingBytes += byteLength;
    return new Promise((resolve, reject) => {
      waiting.push({ added, resolve, reject });
      // Those that come in the same turn of the event loop share a statement.
      if (waiting.length === 1) setImmediate(flush);
    });
  }

  function flush(): void {
    while (waiting.length > 0 && running.size < BATCHES_AT_ONCE) {
      const batch = takeBatch();
      const stored = store(batch).finally(() => {
        running.delete(stored);
        for (const { added } of batch) waitingBytes -= added.entry.body.byteLength;
        flush();
      });
      running.add(stored);
    }
  }

  /** Takes at least one. Of several entries with one key, the later ones wait for a batch of their own. */
  function takeBatch(): readonly Waiting[] {
    const batch = new Map<string, Waiting>();
    let bytes = 0;
    for (const each of waiting) {
      bytes += each.added.entry.body.byteLength;
      const isFull = batch.size > 0 && (batch.size === MOST_ENTRIES || bytes > MOST_BYTES);
      if (isFull || batch.has(each.added.key)) break;
      batch.set(each.added.key, each);
    }
    waiting.splice(0, batch.size);
    // In this order, two processes that store the same events do not wait for each other.
    return [...batch.values()].sort((one, other) => (one.added.key < other.added.key ? -1 : 1));
  }

  async function store(batch: readonly Waiting[]): Promise<void> {
    try {
      await insert(batch);
    } catch (error) {
      if (batch.length === 1 || sqlStateOf(error) === undefined) {
        for (const { reject } of batch) reject(error);
        return;
      }
      // Postgres refused the statement, perhaps because of one entry. The others do not fail with it.
      for (const each of batch) await insert([each]).catch(each.reject);
    }
  }

  async function insert(batch: readonly Waiting[]): Promise<void> {
    const stored = await insertEntries(batch.map(({ added }) => added));
    const known: Waiting[] = [];
    for (const each of batch) {
      if (stored.has(each.added.key)) each.resolve('stored');
      else known.push(each);
    }
    if (known.length > 0) await answerKnown(known);
  }

  async function answerKnown(known: readonly Waiting[]): Promise<void> {
    const rows = await database.all<{ key: string; body_digest: unknown }>(
      `SELECT key, body_digest FROM ${schema}.inbox WHERE key = ANY ($1::text[])`,
      [known.map(({ added }) => added.key)],
    );
    const digests = new Map(rows.map((row) => [row.key, Number(row.body_digest)]));
    for (const { added, resolve, reject } of known) {
      const digest = digests.get(added.key);
      // Somebody discarded the entry at this moment. Showpad sends the event again.
      if (digest === undefined) reject(new Error('The entry of this event was deleted while it came again.'));
      else resolve({ isConflict: digest !== added.entry.bodyDigest });
    }
  }

  return {
    put,
    async drain() {
      let isOver = false;
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          isOver = true;
          resolve();
        }, DRAIN_MS);
      });
      flush();
      while (running.size > 0 && !isOver) await Promise.race([Promise.all(running), deadline]);
      clearTimeout(timer);
    },
  };
}
