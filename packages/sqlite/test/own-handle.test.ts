import { createRequire, isBuiltin } from 'node:module';
import { createSqliteInbox, createSqliteLedger, type SqliteHandle } from '@showpad-webhooks/sqlite';
import Database from 'libsql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { findProblems } from '../src/durability.ts';
import { entryOf, newFile, turns } from './support.ts';

/** Handles of the libraries that an app may have open. better-sqlite3 has the interface of libsql. */
const handles: [string, (file: string) => SqliteHandle][] = [['libsql', (file) => new Database(file)]];
if (isBuiltin('node:sqlite')) {
  const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite');
  handles.push(['node:sqlite', (file) => new DatabaseSync(file)]);
}

const SETTINGS = ['journal_mode', 'synchronous', 'fullfsync', 'busy_timeout', 'foreign_keys'];

function settingsOf(database: SqliteHandle): readonly unknown[] {
  return SETTINGS.map((name) => Object.values(database.prepare(`PRAGMA ${name}`).all()[0] as object)[0]);
}

describe.each(handles)('a handle of %s', (_library, openHandle) => {
  function open(): SqliteHandle {
    const database = openHandle(newFile());
    onTestFinished(() => void database.close());
    database.exec('CREATE TABLE deals (id INTEGER PRIMARY KEY, name TEXT)');
    return database;
  }

  function dealsIn(database: SqliteHandle): unknown {
    return database.prepare('SELECT name FROM deals').all();
  }

  test('holds our tables next to those of the app, and stays open', async () => {
    const database = open();
    const inbox = createSqliteInbox({ database });
    database.exec("INSERT INTO deals (name) VALUES ('Breakfast Service')");
    expect(await inbox.put(entryOf('1'))).toBe('stored');
    expect((await inbox.list({ id: '1' })).items[0]?.body).toEqual(new Uint8Array(Buffer.from('{}')));
    await inbox.close({ timeoutMs: 0 });
    expect(dealsIn(database)).toMatchObject([{ name: 'Breakfast Service' }]);
  });

  test('keeps the settings of the app', async () => {
    const database = open();
    database.exec('PRAGMA journal_mode = TRUNCATE');
    database.exec('PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA busy_timeout = 1234');
    const before = settingsOf(database);
    const inbox = createSqliteInbox({ database });
    const ledger = createSqliteLedger({ database });
    expect(await inbox.put(entryOf('1'))).toBe('stored');
    const claim = { key: 'default:1', bodyDigest: 1, leaseMs: 1_000 };
    expect(await ledger.claim(claim)).toMatchObject({ status: 'claimed' });
    await inbox.close({ timeoutMs: 0 });
    ledger.close();
    expect(settingsOf(database)).toEqual(before);
  });

  test('is durable in a WAL with synchronous = FULL, and with any other settings health() says what to change', async () => {
    const database = open();
    const inbox = createSqliteInbox({ database });
    const problems = async () => (await inbox.health()).problems;
    database.exec('PRAGMA synchronous = FULL');
    expect(await problems()).toEqual([
      'The SQLite database has journal_mode "delete". While another process reads it, nothing can be stored, and a power ' +
        'cut may undo the last commit. Run "PRAGMA journal_mode = WAL" once, on a local disk.',
    ]);
    database.exec('PRAGMA journal_mode = WAL');
    expect(await problems()).toEqual([]);
    database.exec('PRAGMA synchronous = NORMAL');
    expect(await problems()).toEqual([
      'The SQLite database has synchronous set to less than FULL, so a power cut may lose the latest events. Run "PRAGMA ' +
        'synchronous = FULL" whenever you have opened the database.',
    ]);
    await inbox.close({ timeoutMs: 0 });
  });

  test.each(['busy_timeout = 1234', 'journal_mode = WAL'])(
    'with %s that the app closes before a write is committed makes the write reject, and nothing else',
    async (setting) => {
      const database = openHandle(newFile());
      database.exec(`PRAGMA ${setting}`);
      const inbox = createSqliteInbox({ database });
      const putting = [inbox.put(entryOf('1')), inbox.put(entryOf('2'))];
      database.close();
      for (const result of await Promise.allSettled(putting)) expect(result.status).toBe('rejected');
    },
  );

  test('waits for a transaction of the app', async () => {
    const database = open();
    const inbox = createSqliteInbox({ database });
    database.exec('BEGIN');
    database.exec("INSERT INTO deals (name) VALUES ('Breakfast Service')");
    const putting = inbox.put(entryOf('1'));
    await turns();
    database.exec('ROLLBACK');
    expect(await putting).toBe('stored');
    expect(dealsIn(database)).toEqual([]);
    await inbox.close({ timeoutMs: 0 });
  });

  test('never ends a transaction of the app, however long it is open', async () => {
    const database = open();
    const inbox = createSqliteInbox({ database });
    database.exec('BEGIN');
    database.exec("INSERT INTO deals (name) VALUES ('Breakfast Service')");
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const putting = expect(inbox.put(entryOf('1'))).rejects.toThrow('within a transaction');
    await turns();
    await vi.advanceTimersByTimeAsync(2_010);
    await putting;
    vi.useRealTimers();
    database.exec('COMMIT');
    expect(dealsIn(database)).toMatchObject([{ name: 'Breakfast Service' }]);
    await inbox.close({ timeoutMs: 0 });
  });
});

test('on macOS a database without fullfsync is not durable', () => {
  const settings: Readonly<Record<string, string | number>> = {
    journal_mode: 'wal',
    synchronous: 3,
    fullfsync: 0,
  };
  const read = (pragma: string) => settings[pragma];
  expect(findProblems(read, 'linux')).toEqual([]);
  expect(findProblems(read, 'darwin')).toEqual([
    'The SQLite database has fullfsync off, so on macOS a power cut may lose the latest events. Run "PRAGMA fullfsync = ON" ' +
      'whenever you have opened the database.',
  ]);
});
