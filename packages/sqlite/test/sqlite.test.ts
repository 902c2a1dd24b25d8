import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReceiver, type InboxEntry, type Receiver } from '@showpad-webhooks/core';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { createSqliteInbox, createSqliteLedger, type SqliteHandle } from '@showpad-webhooks/sqlite';
import Database from 'libsql';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';

const KEY = 'sqlite-key';
const TYPE = 'shared-space-user-added';
const folder = mkdtempSync(join(tmpdir(), 'showpad-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => join(folder, `${++files}.db`);

function entryOf(id: string): InboxEntry {
  return {
    id,
    type: TYPE,
    body: Buffer.from('{}'),
    bodyDigest: 1,
    method: 'POST',
    url: '/',
    headers: {},
    timestampSeconds: 1,
    keyLabel: undefined,
    receivedAtMs: Date.now(),
    error: undefined,
  };
}

/** Another process, as far as SQLite is concerned. */
function openElsewhere(file: string): SqliteHandle {
  const handle = new Database(file) as unknown as SqliteHandle;
  onTestFinished(() => void handle.close());
  return handle;
}

test('handles what was stored before a restart', async () => {
  const file = newFile();
  const deliver = (receiver: Receiver) => receiver.receive(signedDelivery(sampleEvent(TYPE), { key: KEY }));
  const before = createReceiver({ keys: KEY, inbox: createSqliteInbox({ file }) });
  expect((await deliver(before)).outcome).toBe('queued');
  await before.close();

  const handler = vi.fn();
  const after = createReceiver({ keys: KEY, inbox: createSqliteInbox({ file }), on: { [TYPE]: handler } });
  await after.start();
  expect((await deliver(after)).outcome).toBe('duplicate');
  await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(1));
  await after.close();
});

describe('what can’t be used', () => {
  test('is a file in a folder that does not exist', () => {
    const file = join(folder, 'missing', 'showpad.db');
    expect(() => createSqliteInbox({ file })).toThrow(
      `can't open ${JSON.stringify(file)}: does its folder exist`,
    );
  });

  test.each([{}, { file: '' }, { file: undefined }])('is %j', (source) => {
    expect(() => createSqliteInbox(source as never)).toThrow('pass { file: "showpad.db" }, or { database }');
  });

  test('is a file that a newer version made', () => {
    const file = newFile();
    createSqliteLedger({ file }).close();
    openElsewhere(file).exec('UPDATE showpad_webhooks SET version = 99');
    expect(() => createSqliteInbox({ file })).toThrow('the tables are of version 99, made by a newer');
  });

  test('is a ledger that remembers for no time', () => {
    expect(() => createSqliteLedger({ file: newFile(), ttlMs: 0 })).toThrow(
      'ttlMs must be a number above 0, not 0.',
    );
  });

  test('is an inbox that was stopped', async () => {
    const inbox = createSqliteInbox({ file: newFile() });
    await inbox.stop({ timeoutMs: 0 });
    await inbox.stop({ timeoutMs: 0 });
    await expect(inbox.put(entryOf('1'))).rejects.toThrow('the database is closed');
    await expect(inbox.counts()).rejects.toThrow('the database is closed');
    expect(await inbox.health()).toMatchObject({
      isReachable: false,
      problems: [expect.stringMatching('is closed')],
    });
  });
});

test('a database in memory works, and is said not to be durable', async () => {
  const inbox = createSqliteInbox({ file: ':memory:' });
  expect(await inbox.put(entryOf('1'))).toBe('stored');
  const told: unknown[] = [];
  await inbox.start({
    process: async () => undefined,
    onDead() {},
    onTrouble: (...trouble) => told.push(trouble),
  });
  expect(told).toMatchObject([
    ['durability', { message: expect.stringMatching(/mode "memory", not "wal"/) }],
  ]);
  await inbox.stop({ timeoutMs: 0 });
});

describe('while another process writes', () => {
  test('a put waits, and the event loop does not', async () => {
    const file = newFile();
    const inbox = createSqliteInbox({ file });
    onTestFinished(() => inbox.stop({ timeoutMs: 0 }));
    const other = openElsewhere(file);
    other.exec('BEGIN IMMEDIATE');
    let isStored = false;
    const put = Promise.resolve(inbox.put(entryOf('1'))).then(() => {
      isStored = true;
    });
    let turns = 0;
    while (turns < 100) {
      await new Promise(setImmediate);
      turns++;
    }
    expect(isStored).toBe(false);
    other.exec('COMMIT');
    await put;
  });

  test('again after a long lock, a put waits again', async () => {
    const file = newFile();
    const inbox = createSqliteInbox({ file });
    onTestFinished(() => inbox.stop({ timeoutMs: 0 }));
    const other = openElsewhere(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(inbox.put(entryOf('1'))).rejects.toThrow('database is locked');
    const put = inbox.put(entryOf('2'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    other.exec('COMMIT');
    expect(await put).toBe('stored');
  });

  test('an inbox that stops fails what waits, and leaves nothing behind', async () => {
    const file = newFile();
    const inbox = createSqliteInbox({ file });
    const other = openElsewhere(file);
    other.exec('BEGIN IMMEDIATE');
    const put = Promise.resolve(inbox.put(entryOf('1')));
    put.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    await inbox.stop({ timeoutMs: 0 });
    await expect(put).rejects.toThrow('the database is closed');
    other.exec('COMMIT');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(other.prepare('SELECT count(*) AS count FROM showpad_inbox').all()).toMatchObject([{ count: 0 }]);
  });

  test('for more than two seconds, a put fails with SQLite’s own error', async () => {
    const file = newFile();
    const inbox = createSqliteInbox({ file });
    onTestFinished(() => inbox.stop({ timeoutMs: 0 }));
    const other = openElsewhere(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(inbox.put(entryOf('1'))).rejects.toThrow('database is locked');
    other.exec('COMMIT');
    expect(await inbox.put(entryOf('1'))).toBe('stored');
  });
});

/** Handles of the libraries that an app may have open already. better-sqlite3's interface is libsql's. */
const handles: [string, (file: string) => SqliteHandle][] = [
  ['libsql', (file) => new Database(file) as unknown as SqliteHandle],
];
if (isBuiltin('node:sqlite')) {
  const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite');
  handles.push(['node:sqlite', (file) => new DatabaseSync(file)]);
}

describe.each(handles)('on a handle of %s', (_library, open) => {
  test('keeps its tables beside the app’s, waits for its transactions, and leaves it open', async () => {
    const database = open(newFile());
    database.exec('CREATE TABLE deals (id INTEGER PRIMARY KEY, name TEXT)');
    const inbox = createSqliteInbox({ database });
    database.exec('BEGIN');
    database.exec("INSERT INTO deals (name) VALUES ('Breakfast Service')");
    const put = inbox.put(entryOf('1'));
    await new Promise(setImmediate);
    database.exec('COMMIT');
    expect(await put).toBe('stored');
    expect((await inbox.list({ id: '1' })).items[0]?.body).toEqual(new Uint8Array(Buffer.from('{}')));
    await inbox.stop({ timeoutMs: 0 });
    expect(database.prepare('SELECT name FROM deals').all()).toMatchObject([{ name: 'Breakfast Service' }]);
    database.close();
  });

  test('never ends a transaction of the app’s, however long it is open', async () => {
    const database = open(newFile());
    database.exec('CREATE TABLE deals (id INTEGER PRIMARY KEY, name TEXT)');
    const inbox = createSqliteInbox({ database });
    database.exec('BEGIN');
    database.exec("INSERT INTO deals (name) VALUES ('Breakfast Service')");
    await expect(inbox.put(entryOf('1'))).rejects.toThrow('within a transaction');
    database.exec('COMMIT');
    expect(database.prepare('SELECT name FROM deals').all()).toMatchObject([{ name: 'Breakfast Service' }]);
    await inbox.stop({ timeoutMs: 0 });
    database.close();
  });

  test('leaves the app’s own patience with locks as it was', async () => {
    const database = open(newFile());
    database.exec('PRAGMA busy_timeout = 1234');
    const inbox = createSqliteInbox({ database });
    expect(await inbox.put(entryOf('1'))).toBe('stored');
    expect(Object.values(database.prepare('PRAGMA busy_timeout').all()[0] as object)[0]).toBe(1234);
    await inbox.stop({ timeoutMs: 0 });
    database.close();
  });
});
