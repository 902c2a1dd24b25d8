import { setImmediate } from 'node:timers'; // Under Jest's jsdom it is no global.
import type { StoreHealth } from '@showpad-webhooks/core/inbox';
import { createLatestPut } from '@showpad-webhooks/core/store';
import { findProblems } from './durability.ts';
import { pathOf, watchFile } from './file-watch.ts';
import { makeDurable, openFile, useWriteAheadLog } from './open-file.ts';
import { type CheckRoom, createRoomCheck, findRoomProblems } from './room.ts';
import { checkTables, migrate } from './schema.ts';
import type { SqliteHandle, SqliteSource, SqliteStatement, SqliteValue } from './sqlite-handle.ts';
import { type MachineClock, machineClock, openClock } from './steady-clock.ts';
import { createTransactions, isLocked, type Outcome } from './transaction.ts';

/** A database in which no write keeps the event loop for longer than one commit takes. */
export interface Connection {
  /**
   * Runs a write in the next transaction, together with all others that are waiting. Resolves when it is durable. If another
   * process has locked the file, the write runs again later.
   */
  write<T>(operation: () => T): Promise<T>;
  /**
   * As `write`, for what somebody will rely on, such as a new event. It also rejects if the file is not where it was, because
   * then everything that is written is gone at the next start.
   */
  writeNew<T>(operation: () => T): Promise<T>;
  /**
   * Returns the rows that a statement gives. Never pass bytes as the only parameter: libsql would take them for an object with
   * named parameters and end the process.
   */
  all<Row>(sql: string, ...parameters: SqliteValue[]): Row[];
  /** Runs a statement that gives no rows. Returns how many rows it changed. */
  run(sql: string, ...parameters: SqliteValue[]): number;
  /** Runs an INSERT. Returns the number of the new row, or nothing if no row was added. */
  addRow(sql: string, ...parameters: SqliteValue[]): number | undefined;
  /** Call this in a write that stores a new event. */
  readonly checkRoom: CheckRoom;
  /** The time in ms by a clock that never steps, and that all processes share that have the database open. */
  now(): number;
  /** Says in plain words what could lose a committed write, and what keeps or will soon keep writes from being committed. */
  health(): StoreHealth;
  close(): void;
}

interface Waiting {
  readonly operation: () => unknown;
  readonly isNew: boolean;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** How long other processes may lock the file before a write fails. It is shorter than the deadline of the receiver. */
const PATIENCE_MS = 2_000;
const OPENING_PATIENCE_MS = 5_000;
/** A restart of the machine may set the clock of the database back by this much. */
const NOTE_TIME_MS = 1_000;

export type ConnectionSource = SqliteSource & {
  /** If it is true, opening creates and changes neither the file nor its tables. */
  readonly mustExist?: boolean | undefined;
};

/**
 * @throws Error if the file cannot be opened, if a newer version of this package made its tables, or if they must exist and do
 * not.
 */
export function connect(
  { file, database, mustExist = false }: ConnectionSource,
  machine: MachineClock = machineClock,
): Connection {
  const handle = database ?? openFile(file, mustExist);
  const ownTimeoutMs = busyTimeoutOf(handle);
  const transactions = createTransactions(handle);
  const statements = new Map<string, SqliteStatement>();
  let waiting: Waiting[] = [];
  let lockedSinceMs: number | undefined;
  const latestPut = createLatestPut();
  let isClosed = false;
  let now: () => number;
  let notedMs = Number.NEGATIVE_INFINITY;

  try {
    now = withBusyTimeout(OPENING_PATIENCE_MS, () => {
      if (mustExist) checkTables(handle);
      else if (!database) useWriteAheadLog(handle);
      if (!database) makeDurable(handle);
      return transactions.run(() => {
        if (!mustExist) migrate(handle);
        return openClock(handle, machine);
      });
    });
  } catch (error) {
    if (!database) handle.close();
    throw error;
  }
  const path = pathOf(handle);
  const findFileProblem = watchFile(handle, path);

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

  function run(sql: string, ...parameters: SqliteValue[]): number {
    return Number(prepared(sql).run(...parameters).changes);
  }

  function addRow(sql: string, ...parameters: SqliteValue[]): number | undefined {
    const { changes, lastInsertRowid } = prepared(sql).run(...parameters);
    return Number(changes) > 0 ? Number(lastInsertRowid) : undefined;
  }

  function readPragma(pragma: string): string | number | bigint | undefined {
    const [row] = all<Record<string, string | number | bigint>>(`PRAGMA ${pragma}`);
    return row?.[pragma];
  }

  function write<T>(operation: () => T, isNew: boolean): Promise<T> {
    if (isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      waiting.push({ operation, isNew, resolve, reject });
      if (waiting.length === 1) setImmediate(flush);
    });
  }

  /** Commits all writes that came since the last time. */
  function flush(): void {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return; // close() has flushed or failed them.
    const [first] = batch;
    const noteTimeFirst = () => {
      noteTime();
      return first?.operation();
    };
    const writes = [noteTimeFirst, ...batch.slice(1).map(({ operation }) => operation)];
    let outcomes: readonly Outcome[];
    let fileProblem: string | undefined;
    try {
      outcomes = withBusyTimeout(0, () => transactions.runTogether(writes));
      // A file that was there after the commit has what was committed.
      fileProblem = findFileProblem();
    } catch (error) {
      outcomes = batch.map(() => ({ error })); // The handle itself fails, for example because the app has closed it.
    }
    for (const [index, each] of batch.entries()) {
      const outcome = outcomes[index] as Outcome;
      if ('error' in outcome && isWorthWaiting(outcome.error)) waiting.push(each);
      else settle(each, outcome, fileProblem);
    }
    if (waiting.length === 0) lockedSinceMs = undefined;
    // The pause is random, so that processes that wait for each other do not meet again.
    else setTimeout(flush, 1 + Math.random() * 4);
  }

  function settle({ isNew, resolve, reject }: Waiting, outcome: Outcome, fileProblem?: string): void {
    const isLost = isNew && fileProblem !== undefined;
    if (!isLost && 'value' in outcome) {
      if (isNew) latestPut.succeeded();
      resolve(outcome.value as never);
      return;
    }
    const error = 'error' in outcome ? outcome.error : new Error(fileProblem);
    if (isNew) latestPut.failed(error);
    reject(error);
  }

  /** Notes the time now and then, so that after a restart of the machine the clock goes on from there. */
  function noteTime(): void {
    const nowMs = now();
    if (nowMs - notedMs < NOTE_TIME_MS) return;
    run('UPDATE showpad_webhooks SET clock_ms = ?', nowMs);
    notedMs = nowMs;
  }

  function isWorthWaiting(error: unknown): boolean {
    if (!isLocked(error)) return false;
    lockedSinceMs ??= performance.now();
    return performance.now() - lockedSinceMs <= PATIENCE_MS;
  }

  function health(): StoreHealth {
    const problems = [...findProblems(readPragma), ...findRoomProblems(path, readPragma)];
    const fileProblem = findFileProblem();
    const failing = fileProblem ?? latestPut.problem();
    if (failing !== undefined) problems.push(failing);
    return { isWritable: failing === undefined, problems };
  }

  return {
    all,
    run,
    addRow,
    now,
    checkRoom: createRoomCheck(path, readPragma),
    health,
    write: (operation) => write(operation, false),
    writeNew: (operation) => write(operation, true),
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

function closed(): Error {
  return new Error('The database is closed.');
}
