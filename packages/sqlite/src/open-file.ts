import { closeSync, openSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'libsql';
import type { SqliteHandle } from './sqlite-handle.ts';

/**
 * Opens a file, and creates it if it is missing, unless it must exist.
 *
 * @throws TypeError without a file name, and Error if the file cannot be opened.
 */
export function openFile(file: string | undefined, mustExist: boolean): SqliteHandle {
  if (typeof file !== 'string' || file === '') {
    throw new TypeError('Pass { file: "showpad.db" }, or { database } with an open SQLite handle.');
  }
  if (mustExist && !statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new Error(`There is no file ${JSON.stringify(file)}.`);
  }
  try {
    if (file === ':memory:') return open(file);
    // An absolute path is always a path. libsql would take "file:…" and "http:…" for addresses.
    const path = resolve(file);
    if (!mustExist) createPrivateFile(path);
    return open(path);
  } catch (cause) {
    throw new Error(
      `The SQLite file ${JSON.stringify(file)} cannot be opened. Check that its folder exists, and that this process may write to it.`,
      { cause },
    );
  }
}

function open(path: string): SqliteHandle {
  return new Database(path);
}

/** Payloads are in the file, so only its owner may read it. SQLite gives its "-wal" and "-shm" files the same mode. */
function createPrivateFile(path: string): void {
  try {
    // "wx" fails if the file exists. To open and close an existing file would drop the locks that this process has on it.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Makes the commits of this handle durable. */
export function makeDurable(handle: SqliteHandle): void {
  handle.exec('PRAGMA fullfsync = ON'); // On macOS an ordinary fsync leaves data in the cache of the disk.
  handle.exec('PRAGMA synchronous = FULL');
}

/** A commit in a WAL takes one fsync, and readers do not block it. The file keeps this setting. */
export function useWriteAheadLog(handle: SqliteHandle): void {
  handle.prepare('PRAGMA journal_mode = WAL').all();
}
