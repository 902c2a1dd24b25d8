import { readFileSync } from 'node:fs';
import { createTarget, type Engine, openInbox, type Target } from '@showpad-webhooks/inbox-tests';
import { Redis } from 'ioredis';
import Database from 'libsql';
import pg from 'pg';
import { forEach, newEntry } from './entry.ts';
import { countHandled } from './inbox-step.ts';

/** What an event takes, in bytes. */
export interface StoredBytes {
  readonly engine: Engine;
  /** While it waits, with its body. */
  readonly waiting: number;
  /** When it is done, without its body. */
  readonly done: number;
  /** What is written for it until it is done: to the log, and on SQLite also from there to the file. */
  readonly written: number;
}

const AT_ONCE = 32;

/** Stores events in a new store and leaves them there, and then in another one that handles them meanwhile. */
export async function measureStoredBytes(
  engine: Engine,
  count: number,
  bodyBytes: number,
): Promise<StoredBytes> {
  const waiting = await measure(engine, count, bodyBytes, false);
  const done = await measure(engine, count, bodyBytes, true);
  return { engine, waiting: waiting.size, done: done.size, written: done.written };
}

async function measure(
  engine: Engine,
  count: number,
  bodyBytes: number,
  isHandled: boolean,
): Promise<Reading> {
  const { target, remove } = await createTarget(engine);
  const inbox = openInbox(target);
  await inbox.counts(); // Creates the tables.
  const meter = await openMeter(target);
  const before = await meter.read();
  const handled = isHandled ? (await countHandled(inbox)).another(count) : undefined;
  const numbers = Array.from({ length: count }, (_, number) => number);
  await forEach(numbers, AT_ONCE, () => inbox.put(newEntry(bodyBytes)));
  await handled;
  await inbox.close({ timeoutMs: 10_000 });
  const after = await meter.read();
  await meter.close();
  await remove();
  return {
    size: (after.size - before.size) / count,
    written: (after.written - before.written) / count,
  };
}

interface Reading {
  readonly size: number;
  readonly written: number;
}

interface Meter {
  readonly read: () => Promise<Reading>;
  readonly close: () => Promise<unknown>;
}

function openMeter({ engine, address }: Target): Promise<Meter> {
  if (engine === 'sqlite') return openSqliteMeter(address);
  return engine === 'redis' ? openRedisMeter(Number(address)) : openPostgresMeter(Number(address));
}

/** SQLite writes in this process, and Linux counts what a process writes. */
async function openSqliteMeter(file: string): Promise<Meter> {
  const database = new Database(file);
  const pragma = (name: string) =>
    Number((database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name]);
  return {
    read: async () => ({
      size: (pragma('page_count') - pragma('freelist_count')) * pragma('page_size'),
      written: Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]),
    }),
    close: async () => database.close(),
  };
}

async function openPostgresMeter(port: number): Promise<Meter> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres' });
  await client.connect();
  const sql =
    "SELECT pg_total_relation_size('showpad_webhooks.inbox') AS size, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS written";
  return {
    async read() {
      const [row] = (await client.query(sql)).rows;
      return { size: Number(row.size), written: Number(row.written) };
    },
    close: () => client.end(),
  };
}

/** The size is memory. */
async function openRedisMeter(port: number): Promise<Meter> {
  const client = new Redis(port, '127.0.0.1');
  await client.config('SET', 'auto-aof-rewrite-percentage', '0');
  return {
    async read() {
      const info = await client.info();
      const number = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
      return { size: number('used_memory'), written: number('aof_current_size') };
    },
    close: () => client.quit(),
  };
}
