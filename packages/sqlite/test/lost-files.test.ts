import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createReceiver, type Inbox } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { createSqliteInbox, createSqliteLedger } from '@showpad-webhooks/sqlite';
import Database from 'libsql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf, newFile, turns } from './support.ts';

const FILE_IS_GONE =
  'The file of the SQLite database was deleted or replaced while it was open, so what is stored now would be lost. Nothing ' +
  'more is stored. Find out what did it, such as a backup tool or a cleanup of temporary files, and restart the process.';
const LOG_IS_GONE = FILE_IS_GONE.replace('The file', 'The write-ahead log (the file that ends with "-wal")');

const losses: [string, string, (file: string) => void][] = [
  ['deleted', FILE_IS_GONE, (file) => rmSync(file)],
  ['moved away', FILE_IS_GONE, (file) => renameSync(file, `${file}.old`)],
  ['deleted with its log', FILE_IS_GONE, (file) => ['', '-wal', '-shm'].map((end) => rmSync(file + end))],
  [
    'replaced by a copy, as by a restored backup',
    FILE_IS_GONE,
    (file) => {
      copyFileSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
  ],
  ['left without its log', LOG_IS_GONE, (file) => rmSync(`${file}-wal`)],
  [
    'left with another log',
    LOG_IS_GONE,
    (file) => {
      copyFileSync(`${file}-wal`, `${file}.copy`);
      renameSync(`${file}.copy`, `${file}-wal`);
    },
  ],
];

describe.skipIf(process.platform === 'win32').each(losses)('a file that is %s', (_what, problem, lose) => {
  function open(file: string): Inbox {
    const inbox = createSqliteInbox({ file, pollMs: 5 });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    return inbox;
  }

  test('is noticed before the next event is acknowledged, and the receiver is not ready', async () => {
    const file = newFile();
    const receiver = createReceiver({ keys: 'key', inbox: open(file) });
    const deliver = async () =>
      (await receiver.receive(signedDelivery('shared-space-user-added', { key: 'key' }))).response.status;
    expect(await deliver()).toBe(202);
    expect(await receiver.health()).toMatchObject({ isReady: true, problems: [] });
    lose(file);
    expect([await deliver(), await deliver()]).toEqual([503, 503]);
    expect(await receiver.health()).toMatchObject({ isReady: false, problems: [problem] });
  });

  test('does not stop what was acknowledged before from being handled', async () => {
    const file = newFile();
    const inbox = open(file);
    for (const id of ['1', '2', '3']) await inbox.put(entryOf(id));
    lose(file);
    const handled: string[] = [];
    await inbox.start({
      process: async ({ id }) => void handled.push(id),
      onDead() {},
      onError() {},
    });
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 3 }));
    expect(handled).toEqual(['1', '2', '3']);
    await expect(inbox.put(entryOf('4'))).rejects.toThrow(problem);
  });

  test('is noticed by a ledger, which claims nothing more and still completes', async () => {
    const file = newFile();
    const ledger = createSqliteLedger({ file });
    onTestFinished(() => ledger.close());
    const claim = (key: string) => Promise.resolve(ledger.claim({ key, bodyDigest: 1, leaseMs: 60_000 }));
    const first = await claim('1');
    if (first.status !== 'claimed') throw new Error('It was not claimed.');
    lose(file);
    await expect(claim('2')).rejects.toThrow(problem);
    expect(await ledger.complete({ key: '1', fence: first.fence })).toBe(true);
  });

  test('is noticed in the database of an app', async () => {
    const file = newFile();
    const database = new Database(file);
    onTestFinished(() => void database.close());
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    const inbox = createSqliteInbox({ database });
    expect(await inbox.put(entryOf('1'))).toBe('stored');
    lose(file);
    await expect(inbox.put(entryOf('2'))).rejects.toThrow(problem);
    expect(await inbox.health()).toMatchObject({ isReachable: true, isWritable: false, problems: [problem] });
  });
});

describe.skipIf(process.platform === 'win32')('in a folder in which nothing has changed for an hour', () => {
  const MODIFIED = new Date('2026-01-15T12:00:00Z');

  async function open(file: string): Promise<Inbox> {
    const inbox = createSqliteInbox({ file });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    utimesSync(dirname(file), MODIFIED, MODIFIED);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    for (const id of ['1', '2', '3']) expect(await inbox.put(entryOf(id))).toBe('stored');
    await tick(dirname(file));
    return inbox;
  }

  /** Resolves when the clock of the file system, which may go on only every few ms, shows another time than the folder has. */
  async function tick(folder: string): Promise<void> {
    const probe = join(mkdtempSync(join(tmpdir(), 'showpad-tick-')), 'probe');
    onTestFinished(() => rmSync(dirname(probe), { recursive: true }));
    do {
      await turns(1);
      writeFileSync(probe, '');
    } while (statSync(probe).ctimeMs <= statSync(folder).ctimeMs);
  }

  test.each(losses)('a file that is %s is noticed', async (_what, problem, lose) => {
    const file = newFile();
    const inbox = await open(file);
    lose(file);
    await expect(inbox.put(entryOf('4'))).rejects.toThrow(problem);
    await expect(inbox.put(entryOf('5'))).rejects.toThrow(problem);
    expect((await inbox.health()).problems).toEqual([problem]);
  });

  test.each(losses)(
    'a file that is %s is noticed although its folder gets its old time back',
    async (_what, problem, lose) => {
      const file = newFile();
      const inbox = await open(file);
      lose(file);
      utimesSync(dirname(file), MODIFIED, MODIFIED); // As a tool does that restores a folder.
      await expect(inbox.put(entryOf('4'))).rejects.toThrow(problem);
    },
  );

  test('it is noticed that the folder is another one', async () => {
    const folder = newFile();
    mkdirSync(folder);
    const inbox = await open(join(folder, 'inbox.db'));
    renameSync(folder, `${folder}.old`);
    mkdirSync(folder);
    await expect(inbox.put(entryOf('4'))).rejects.toThrow(FILE_IS_GONE);
  });
});

test.skipIf(process.platform === 'win32')('a file that comes back is used again', async () => {
  const file = newFile();
  const inbox = createSqliteInbox({ file });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  renameSync(file, `${file}.away`);
  await expect(inbox.put(entryOf('1'))).rejects.toThrow(FILE_IS_GONE);
  renameSync(`${file}.away`, file);
  expect(await inbox.put(entryOf('2'))).toBe('stored');
  expect(await inbox.health()).toMatchObject({ isWritable: true, problems: [] });
});

test('an app may switch its database to a write-ahead log and back', async () => {
  const database = new Database(newFile());
  onTestFinished(() => void database.close());
  const inbox = createSqliteInbox({ database });
  for (const mode of ['WAL', 'DELETE', 'WAL', 'TRUNCATE']) {
    database.exec(`PRAGMA journal_mode = ${mode}`);
    expect(await inbox.put(entryOf(`${mode} 1`))).not.toBeUndefined();
    expect((await inbox.health()).isWritable).toBe(true);
  }
});

test('a checkpoint of the log, a VACUUM and other processes that come and go change nothing', async () => {
  const file = newFile();
  const inbox = createSqliteInbox({ file });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  for (const [id, sql] of ['PRAGMA wal_checkpoint(TRUNCATE)', 'VACUUM', 'PRAGMA optimize'].entries()) {
    await inbox.put(entryOf(`before ${id}`));
    const other = new Database(file);
    other.exec(sql);
    other.close();
    expect(await inbox.put(entryOf(`after ${id}`))).toBe('stored');
  }
  expect(await inbox.counts()).toMatchObject({ pending: 6 });
});
