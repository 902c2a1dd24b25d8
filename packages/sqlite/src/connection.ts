import { findProblems } from './durability.ts';
import { configure, openFile } from './open-file.ts';
import { migrate } from './schema.ts';
import type { SqliteHandle, SqliteSource, SqliteStatement, SqliteValue } from './sqlite-handle.ts';
import { type MachineClock, machineClock, openClock } from './steady-clock.ts';

/** A database in which no write keeps the event loop for longer than one commit takes. */
export interface Connection {
  /**
   * Runs a write in the next transaction, together with all others that are waiting. Resolves when it is durable. If another
   * process has locked the file, the write runs again later.
   */
  write<T>(operation: () => T): Promise<T>;
  /**
   * Returns the rows that a statement gives. Never pass bytes as the only parameter: libsql would take them for an object with
   * named parameters and end the process.
   */
  all<Row>(sql: string, ...parameters: SqliteValue[]): Row[];
  /** Runs a statement that gives no rows. Returns how many rows it changed. */
  run(sql: string, ...parameters: SqliteValue[]): number;
  /** The time in ms by a clock that never steps, and that all processes share that have the database open. */
  now(): number;
  /** Says in plain words which settings could lose a committed write. */
  problems(): readonly string[];
  close(): void;
}

interface Waiting {
  readonly operation: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** How long other processes may lock the file before a write fails. It is shorter than the deadline of the receiver. */
const PATIENCE_MS = 2_000;
const OPENING_PATIENCE_MS = 5_000;
/** How much time a restart of the machine may take from the clock of the database. */
const NOTE_TIME_MS = 1_000;

/**
 * @throws Error if the file cannot be opened, or a newer version of this package made its tables.
 */
export function connect({ file, database }: SqliteSource, machine: MachineClock = machineClock): Connection {
  const handle = database ?? openFile(file);
  const ownTimeoutMs = busyTimeoutOf(handle);
  const statements = new Map<string, SqliteStatement>();
  let waiting: Waiting[] = [];
  let lockedSinceMs: number | undefined;
  let isClosed = false;
  let now: () => number;
  let notedMs = Number.NEGATIVE_INFINITY;

  try {
    now = withBusyTimeout(OPENING_PATIENCE_MS, () => {
      if (!database) configure(handle);
      return inTransaction(() => {
        migrate(handle);
        return openClock(handle, machine);
      });
    });
  } catch (error) {
    if (!database) handle.close();
    throw error;
  }

  /** SQLite itself blocks the event loop while it waits for a lock. A handle of the app gets its own timeout back. */
  function withBusyTimeout<T>(ms: number, run: () => T): T {
    if (ms === ownTimeoutMs) return run();
    handle.exec(`PRAGMA busy_timeout = ${ms}`);
    try {
      return run();
    } finally {
      handle.exec(`PRAGMA busy_timeout = ${ownTimeoutMs}`);
    }
  }

  function prepared(sql: string): SqliteStatement {
    if (isClosed) throw closed(); // libsql would end the process if its handle were used after close().
    const statement = statements.get(sql) ?? handle.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }

  function all<Row>(sql: string, ...parameters: SqliteValue[]): Row[] {
    return prepared(sql).all(...parameters) as Row[];
  }

  /** Commits all writes that came since the last time in one transaction, so that they share one fsync. */
  function flush(): void {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return; // close() has flushed or failed them.
    try {
      const results = withBusyTimeout(0, () =>
        inTransaction(() => {
          noteTime();
          return batch.map(({ operation }) => operation());
        }),
      );
      lockedSinceMs = undefined;
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as never);
    } catch (error) {
      if (isWorthWaiting(error)) {
        waiting = batch;
        // The pause is random, so that processes that wait for each other do not meet again.
        setTimeout(flush, 1 + Math.random() * 4);
        return;
      }
      lockedSinceMs = undefined;
      for (const { reject } of batch) reject(error);
    }
  }

  /** Notes the time now and then, so that after a restart of the machine the clock goes on from there. */
  function noteTime(): void {
    const nowMs = now();
    if (nowMs - notedMs < NOTE_TIME_MS) return;
    run('UPDATE showpad_webhooks SET clock_ms = ?', nowMs);
    notedMs = nowMs;
  }

  function inTransaction<T>(run: () => T): T {
    handle.exec('BEGIN IMMEDIATE'); // If this throws, the transaction that is open belongs to the app.
    try {
      const result = run();
      handle.exec('COMMIT');
      return result;
    } catch (error) {
      rollback();
      throw error;
    }
  }

  function rollback(): void {
    try {
      handle.exec('ROLLBACK');
    } catch {
      // SQLite has rolled it back itself.
    }
  }

  function isWorthWaiting(error: unknown): boolean {
    if (!isLocked(error)) return false;
    lockedSinceMs ??= performance.now();
    return performance.now() - lockedSinceMs <= PATIENCE_MS;
  }

  function run(sql: string, ...parameters: SqliteValue[]): number {
    return Number(prepared(sql).run(...parameters).changes);
  }

  return {
    all,
    run,
    now,
    write(operation) {
      if (isClosed) return Promise.reject(closed());
      return new Promise((resolve, reject) => {
        waiting.push({ operation, resolve, reject });
        if (waiting.length === 1) setImmediate(flush);
      });
    },
    problems: () =>
      findProblems((pragma) => {
        const [row] = all<Record<string, string | number | bigint>>(`PRAGMA ${pragma}`);
        return row?.[pragma];
      }),
    close() {
      if (isClosed) return;
      flush();
      isClosed = true;
      for (const { reject } of waiting.splice(0)) reject(closed());
      if (!database) handle.close();
    },
  };
}

function busyTimeoutOf(handle: SqliteHandle): number {
  const [row] = handle.prepare('PRAGMA busy_timeout').all() as { timeout: number | bigint }[];
  return Number(row?.timeout);
}

/** True if another connection has the lock, or if the app has a transaction open on the handle that it gave us. */
function isLocked(error: unknown): boolean {
  const { message = '' } = error as Partial<Error>;
  return /database is locked|within a transaction/.test(message);
}

function closed(): Error {
  return new Error('The database is closed.');
}
