import type { SqliteHandle } from './sqlite-handle.ts';

/** How one write of several ended. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

export interface Transactions {
  /** Commits what a function writes, or nothing of it if it throws. */
  run<T>(write: () => T): T;
  /**
   * Commits several writes in one transaction, so that they share one fsync. If one of them throws, the others are committed
   * without it.
   */
  runTogether(writes: readonly (() => unknown)[]): readonly Outcome[];
}

export function createTransactions(handle: SqliteHandle): Transactions {
  const begin = handle.prepare('BEGIN IMMEDIATE');
  const commit = handle.prepare('COMMIT');

  function run<T>(write: () => T): T {
    begin.run(); // If this throws, the transaction that is open belongs to the app.
    try {
      const result = write();
      commit.run();
      return result;
    } catch (error) {
      rollBack();
      throw error;
    }
  }

  function rollBack(): void {
    try {
      handle.exec('ROLLBACK');
    } catch {
      // SQLite has rolled it back itself.
    }
  }

  function runTogether(writes: readonly (() => unknown)[]): readonly Outcome[] {
    try {
      return run(() => writes.map((write) => ({ value: write() })));
    } catch (error) {
      if (writes.length === 1 || isLocked(error)) return writes.map(() => ({ error }));
    }
    try {
      return run(() => writes.map(inSavepoint));
    } catch {
      // The transaction itself cannot be kept, for example because the disk is full. A small write may still have room.
      return writes.map(alone);
    }
  }

  function inSavepoint(write: () => unknown): Outcome {
    handle.exec('SAVEPOINT showpad');
    let outcome: Outcome;
    try {
      outcome = { value: write() };
    } catch (error) {
      outcome = { error };
      handle.exec('ROLLBACK TO showpad'); // Throws if SQLite has ended the whole transaction.
    }
    handle.exec('RELEASE showpad');
    return outcome;
  }

  function alone(write: () => unknown): Outcome {
    try {
      return { value: run(write) };
    } catch (error) {
      return { error };
    }
  }

  return { run, runTogether };
}

/** True if another connection has the lock, or if the app has a transaction open on the handle that it gave us. */
export function isLocked(error: unknown): boolean {
  const { message = '' } = error as Partial<Error>;
  return /database is locked|within a transaction/.test(message);
}
