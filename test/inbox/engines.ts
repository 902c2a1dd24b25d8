import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxOptions } from '@showpad-webhooks/core/inbox';
import { createPostgresInbox } from '@showpad-webhooks/postgres';
import { findServer, type Server, startPostgres, startRedis } from '@showpad-webhooks/servers';
import { createSqliteInbox, type SqliteHandle } from '@showpad-webhooks/sqlite';
import Database from 'libsql';
import pg from 'pg';

export const ENGINES = ['sqlite', 'redis', 'postgres'] as const;
export type Engine = (typeof ENGINES)[number];

/** Where an inbox keeps its entries, in a form that a child process can be given. The address is a file or a port. */
export interface Target {
  readonly engine: Engine;
  readonly address: string;
  /** How large a SQLite file may become, in pages of 4 kB. SQLite answers in the same way if the disk is full. */
  readonly maxPages?: number;
}

export function isInstalled(engine: Engine): boolean {
  if (engine === 'sqlite') return true;
  return findServer(engine === 'redis' ? 'redis-server' : 'postgres') !== undefined;
}

interface CreatedTarget {
  readonly target: Target;
  readonly remove: () => Promise<void>;
}

/** Creates a store that no other test uses. */
export async function createTarget(engine: Engine): Promise<CreatedTarget> {
  if (engine === 'sqlite') return createFile();
  return targetOn(engine, await (engine === 'redis' ? startRedis() : startPostgres()));
}

/** Creates a store that is full after some hundreds of events: a small file, little memory, or small tables. */
export async function createSmallTarget(engine: Engine): Promise<CreatedTarget> {
  if (engine === 'redis') return targetOn(engine, await startRedis({ maxmemory: '4mb' }));
  if (engine === 'postgres') return targetOn(engine, await startPostgres({}, { maxFileKib: 1_024 }));
  const { target, remove } = createFile();
  return { target: { ...target, maxPages: 200 }, remove };
}

/** True for the error of a store that is full. */
export function isFull(error: unknown): boolean {
  return /has reached its max_page_count|OOM command not allowed|could not extend file/.test(String(error));
}

function createFile(): CreatedTarget {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-inbox-'));
  const remove = async () => rmSync(folder, { recursive: true });
  return { target: { engine: 'sqlite', address: join(folder, 'inbox.db') }, remove };
}

function targetOn(engine: Engine, { port, remove }: Server): CreatedTarget {
  return { target: { engine, address: String(port) }, remove };
}

/** Opens the inbox that all processes of a test share. */
export function openInbox({ engine, address, maxPages }: Target, options: InboxOptions = {}): Inbox {
  if (maxPages !== undefined)
    return createSqliteInbox({ database: openSmall(address, maxPages), ...options });
  if (engine === 'sqlite') return createSqliteInbox({ file: address, ...options });
  const server = { host: '127.0.0.1', port: Number(address) };
  if (engine === 'redis') return createBullmqInbox({ connection: server, ...options });
  const pool = new pg.Pool({ ...server, user: 'postgres', max: 12, allowExitOnIdle: true });
  return createPostgresInbox({ pool, ...options });
}

function openSmall(file: string, maxPages: number): SqliteHandle {
  const database = new Database(file, { timeout: 5_000 });
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`PRAGMA max_page_count = ${maxPages}`);
  return database;
}
