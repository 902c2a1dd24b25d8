/** A query, such as `PRAGMA synchronous`, that gives one value. */
export type ReadPragma = (pragma: string) => string | number | bigint | undefined;

/** Says in plain words which settings of the database could lose a commit, and how to change them. */
export function findProblems(
  read: ReadPragma,
  platform: NodeJS.Platform = process.platform,
): readonly string[] {
  const problems: string[] = [];
  const mode = String(read('journal_mode'));
  if (mode === 'memory' || mode === 'off') {
    problems.push(
      `The SQLite database has journal_mode "${mode}", so what is stored may not survive. Use a database in a file on a ` +
        'local disk, and run "PRAGMA journal_mode = WAL".',
    );
  } else if (mode !== 'wal') {
    problems.push(
      `The SQLite database has journal_mode "${mode}". While another process reads it, nothing can be stored, and a power ` +
        'cut may undo the last commit. Run "PRAGMA journal_mode = WAL" once, on a local disk.',
    );
  }
  if (Number(read('synchronous')) < FULL) {
    problems.push(
      'The SQLite database has synchronous set to less than FULL, so a power cut may lose the latest events. Run "PRAGMA ' +
        'synchronous = FULL" whenever you have opened the database.',
    );
  }
  if (platform === 'darwin' && Number(read('fullfsync')) === 0) {
    problems.push(
      'The SQLite database has fullfsync off, so on macOS a power cut may lose the latest events. Run "PRAGMA fullfsync = ' +
        'ON" whenever you have opened the database.',
    );
  }
  return problems;
}

/** SQLite's number for `synchronous = FULL`. EXTRA is 3. */
const FULL = 2;
