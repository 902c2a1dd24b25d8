import type { SqliteHandle } from './sqlite-handle.ts';

/** Commits what a function writes, or nothing of it if it throws. */
export function inTransaction<T>(handle: SqliteHandle, run: () => T): T {
  handle.exec('BEGIN IMMEDIATE'); // If this throws, the transaction that is open belongs to the app.
  try {
    const result = run();
    handle.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(handle);
    throw error;
  }
}

function rollBack(handle: SqliteHandle): void {
  try {
    handle.exec('ROLLBACK');
  } catch {
    // SQLite has rolled it back itself.
  }
}

/** How one write of several ended. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * Commits several writes in one transaction, so that they share one fsync. If one of them throws, the others are committed
 * without it.
 */
export function commitTogether(handle: SqliteHandle, writes: readonly (() => unknown)[]): readonly Outcome[] {
  try {
    return inTransaction(handle, () => writes.map((write) => ({ value: write() })));
  } catch (error) {
    if (writes.length === 1 || isLocked(error)) return writes.map(() => ({ error }));
  }
  try {
    return inTransaction(handle, () => writes.map((write) => inSavepoint(handle, write)));
  } catch {
    // The transaction itself cannot be kept, for example because the disk is full. A small write may still have room.
    return writes.map((write) => alone(handle, write));
  }
}

function inSavepoint(handle: SqliteHandle, write: () => unknown): Outcome {
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

function alone(handle: SqliteHandle, write: () => unknown): Outcome {
  try {
    return { value: inTransaction(handle, write) };
  } catch (error) {
    return { error };
  }
}

/** True if another connection has the lock, or if the app has a transaction open on the handle that it gave us. */
export function isLocked(error: unknown): boolean {
  const { message = '' } = error as Partial<Error>;
  return /database is locked|within a transaction/.test(message);
}
