import Database from 'libsql';
import { migrate } from './schema.ts';

/** What is used of a database handle: one of `libsql`, `better-sqlite3` or `node:sqlite` will do. */
export interface SqliteHandle {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): unknown;
}

export interface SqliteStatement {
  run(...parameters: SqliteValue[]): { readonly changes: number | bigint };
  all(...parameters: SqliteValue[]): unknown[];
}

type SqliteValue = string | number | Buffer | null;

/** Where to keep the data: a file of its own, or a database that the app has open already. */
export type SqliteSource =
  | { readonly file: string; readonly database?: never }
  | { readonly database: SqliteHandle; readonly file?: never };

/** A database, used so that no write keeps the event loop longer than one commit takes. */
export interface Connection {
  /** Runs a write in the next transaction, with all others that wait. Resolves once it is durable. */
  write<T>(operation: () => T): Promise<T>;
  /** Rows as the statement gives them. Never pass bytes as the only parameter: libsql would take them for names and end the process. */
  all<Row>(sql: string, ...parameters: SqliteValue[]): Row[];
  /** Runs a statement that gives no rows. Resolves to how many it changed. */
  run(sql: string, ...parameters: SqliteValue[]): number;
  /** What about the settings could lose a committed write. */
  problems(): readonly string[];
  close(): void;
}

interface Waiting {
  readonly operation: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** How long other processes may keep the file from us, before a write fails: shorter than the receiver's own deadline. */
const PATIENCE_MS = 2_000;
const OPENING_PATIENCE_MS = 5_000;

/**
 * @throws Error that names the file, where it can't be opened, or holds tables of a newer version.
 */
export function connect({ file, database }: SqliteSource): Connection {
  const handle = database ?? open(file);
  // From the first write on, a locked file is waited for without blocking: see `begin`.
  const ownTimeoutMs = database ? busyTimeoutOf(database) : 0;
  setBusyTimeout(handle, OPENING_PATIENCE_MS);
  handle.exec('PRAGMA fullfsync = ON'); // Apple's fsync alone leaves data in the drive's cache.
  handle.prepare('PRAGMA journal_mode = WAL').all();
  handle.exec('PRAGMA synchronous = FULL');
  migrate(handle);
  setBusyTimeout(handle, ownTimeoutMs);

  const statements = new Map<string, SqliteStatement>();
  let waiting: Waiting[] = [];
  let lockedSinceMs: number | undefined;
  let isClosed = false;

  function prepared(sql: string): SqliteStatement {
    if (isClosed) throw new Error('the database is closed'); // libsql itself would end the process.
    const kept = statements.get(sql) ?? handle.prepare(sql);
    statements.set(sql, kept);
    return kept;
  }

  /** False: another connection is writing, or the app has a transaction of its own open. */
  function begin(): boolean {
    if (ownTimeoutMs > 0) setBusyTimeout(handle, 0);
    try {
      handle.exec('BEGIN IMMEDIATE');
      lockedSinceMs = undefined;
      return true;
    } catch (error) {
      lockedSinceMs ??= performance.now();
      if (isLocked(error) && performance.now() - lockedSinceMs <= PATIENCE_MS) return false;
      lockedSinceMs = undefined;
      throw error;
    } finally {
      if (ownTimeoutMs > 0) setBusyTimeout(handle, ownTimeoutMs);
    }
  }

  /** Group commit: one transaction, and one fsync, for all writes that came since the last. */
  function flush(): void {
    if (waiting.length === 0) return; // They were flushed, or failed, by `close`.
    let batch: Waiting[] = [];
    try {
      if (!begin()) {
        // A random pause, so that processes that wait for each other don't meet again.
        setTimeout(flush, 1 + Math.random() * 4);
        return;
      }
      batch = waiting;
      waiting = [];
      const results = batch.map(({ operation }) => operation());
      handle.exec('COMMIT');
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as never);
    } catch (error) {
      const isBegun = batch.length > 0; // If not, the transaction that is open is the app's.
      if (isBegun) rollback();
      for (const { reject } of isBegun ? batch : waiting.splice(0)) reject(error);
    }
  }

  function rollback(): void {
    try {
      handle.exec('ROLLBACK');
    } catch {
      // SQLite rolled it back itself.
    }
  }

  return {
    all: <Row>(sql: string, ...parameters: SqliteValue[]) => prepared(sql).all(...parameters) as Row[],
    run: (sql, ...parameters) => Number(prepared(sql).run(...parameters).changes),
    write(operation) {
      if (isClosed) return Promise.reject(new Error('the database is closed'));
      return new Promise((resolve, reject) => {
        if (waiting.push({ operation, resolve, reject }) === 1) setImmediate(flush);
      });
    },
    problems() {
      const [mode] = prepared('PRAGMA journal_mode').all() as { journal_mode: string }[];
      if (mode?.journal_mode === 'wal') return [];
      return [
        `the SQLite database keeps its journal in mode "${mode?.journal_mode}", not "wal": is it in memory, or on a ` +
          'file system without shared memory? What was stored may not survive.',
      ];
    },
    close() {
      if (isClosed) return;
      flush();
      isClosed = true;
      for (const { reject } of waiting.splice(0)) reject(new Error('the database is closed'));
      if (!database) handle.close();
    },
  };
}

function open(file: string | undefined): SqliteHandle {
  if (typeof file !== 'string' || file === '') {
    throw new TypeError('pass { file: "showpad.db" }, or { database } with an open SQLite handle.');
  }
  try {
    return new Database(file) as unknown as SqliteHandle;
  } catch (cause) {
    const message = `can't open ${JSON.stringify(file)}: does its folder exist, and may this process write it?`;
    throw new Error(message, { cause });
  }
}

function busyTimeoutOf(handle: SqliteHandle): number {
  const [row] = handle.prepare('PRAGMA busy_timeout').all() as { timeout: number | bigint }[];
  return Number(row?.timeout);
}

function setBusyTimeout(handle: SqliteHandle, ms: number): void {
  handle.exec(`PRAGMA busy_timeout = ${ms}`);
}

/** Also where the app itself has a transaction open on the handle it gave us. */
function isLocked(error: unknown): boolean {
  const { message = '' } = error as Partial<Error>;
  return /database is locked|within a transaction/.test(message);
}
