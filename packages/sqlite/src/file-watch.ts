import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SqliteHandle } from './sqlite-handle.ts';

/** Says in plain words what has happened to the files of a database since it was opened, or nothing if all is well. */
export type FileWatch = () => string | undefined;

/** If a folder changes again after this long, every file system gives it another time. Some have steps of two seconds. */
const SETTLED_MS = 2_500;

/**
 * Watches whether the path of a database still leads to the file that is open, and to its write-ahead log. If a file is
 * deleted or replaced, SQLite goes on with what it has open, and all of that is gone at the next start.
 *
 * When a file in a folder is created, deleted or moved, the folder gets another `ctime`, and no tool can set that back. So while it
 * stays as it was, one look at the folder is enough. To look at the log after every commit would make the next commit slower: Linux
 * then writes its exact time too.
 */
export function watchFile(handle: SqliteHandle, path: string): FileWatch {
  if (path === '') return () => undefined; // A database in memory.
  const logPath = `${path}-wal`;
  const file = identityOf(path);
  let log = identityOf(logPath);
  /** The folder when the files were last found to be where they were. */
  let folder: Identity | undefined;

  function hasLog(): boolean {
    const [row] = handle.prepare('PRAGMA journal_mode').all() as { journal_mode: string }[];
    return row?.journal_mode === 'wal';
  }

  function findProblem(): string | undefined {
    if (!isSame(identityOf(path), file)) return gone('file');
    const logNow = identityOf(logPath);
    if (isSame(logNow, log)) return undefined;
    // The app may switch its own database from or to a write-ahead log.
    if (log && hasLog()) return gone('write-ahead log (the file that ends with "-wal")');
    log = logNow;
    return undefined;
  }

  return () => {
    const folderNow = identityOf(dirname(path));
    if (folder && isSame(folderNow, folder) && folderNow?.ctimeMs === folder.ctimeMs) return undefined;
    const problem = findProblem();
    const isSettled = folderNow && Date.now() - folderNow.ctimeMs > SETTLED_MS;
    folder = isSettled && !problem ? folderNow : undefined;
    return problem;
  };
}

/** The path of a database. It is empty if the database is in memory. */
export function pathOf(handle: SqliteHandle): string {
  const rows = handle.prepare('PRAGMA database_list').all() as { name: string; file: string | null }[];
  return rows.find(({ name }) => name === 'main')?.file ?? '';
}

interface Identity {
  readonly dev: number;
  readonly ino: number;
  readonly ctimeMs: number;
}

function identityOf(path: string): Identity | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function isSame(one: Identity | undefined, other: Identity | undefined): boolean {
  return one?.ino === other?.ino && one?.dev === other?.dev;
}

function gone(what: string): string {
  return (
    `The ${what} of the SQLite database was deleted or replaced while it was open, so what is stored now would be lost. ` +
    'Nothing more is stored. Find out what did it, such as a backup tool or a cleanup of temporary files, and restart the process.'
  );
}
