import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createReceiver } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { createSqliteInbox, createSqliteLedger } from '@showpad-webhooks/sqlite';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf, folder, newFile, openElsewhere } from './support.ts';

const KEY = 'sqlite-key';
const TYPE = 'shared-space-user-added';

test('handles what was stored before a restart', async () => {
  const file = newFile();
  const delivery = signedDelivery(TYPE, { key: KEY });
  const before = createReceiver({ keys: KEY, inbox: createSqliteInbox({ file }) });
  expect((await before.receive(delivery)).outcome).toBe('queued');
  await before.close();

  const after = createReceiver({ keys: KEY, inbox: createSqliteInbox({ file }) });
  onTestFinished(() => after.close());
  const handled = new Promise((resolve) => after.on(TYPE, resolve));
  await after.start();
  expect((await after.receive(delivery)).outcome).toBe('duplicate');
  expect(await handled).toMatchObject({ type: TYPE });
});

test('a database in memory works, and start() says that it is not durable', async () => {
  const inbox = createSqliteInbox({ file: ':memory:' });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  expect(await inbox.put(entryOf('1'))).toBe('stored');
  const errors: unknown[] = [];
  await inbox.start({
    process: async () => undefined,
    onDead() {},
    onError: (...error) => errors.push(error),
  });
  expect(errors).toMatchObject([
    [
      'check durability',
      { message: expect.stringMatching(/^The SQLite database has journal_mode "memory"/) },
    ],
  ]);
});

describe('a file', () => {
  test('has the settings that make a commit durable', async () => {
    const inbox = createSqliteInbox({ file: newFile() });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    expect(await inbox.health()).toEqual({
      isReachable: true,
      isWritable: true,
      lagMs: 0,
      problems: [],
    });
  });

  test.skipIf(process.platform === 'win32')('that is created can be read by its owner only', async () => {
    const file = newFile();
    const inbox = createSqliteInbox({ file });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    await inbox.put(entryOf('1'));
    const modes = ['', '-wal', '-shm'].map((suffix) => statSync(file + suffix).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  });

  test.skipIf(process.platform === 'win32')('that exists keeps its mode', async () => {
    const file = newFile();
    writeFileSync(file, '');
    chmodSync(file, 0o640);
    const ledger = createSqliteLedger({ file });
    onTestFinished(() => ledger.close());
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  test('that is opened twice in one process keeps its locks', async () => {
    const file = newFile();
    const inbox = createSqliteInbox({ file });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    const ledger = createSqliteLedger({ file });
    onTestFinished(() => ledger.close());
    expect(await inbox.put(entryOf('1'))).toBe('stored');
    const claim = { key: 'default:1', bodyDigest: 1, leaseMs: 1_000 };
    expect(await ledger.claim(claim)).toMatchObject({ status: 'claimed' });
    expect(await inbox.counts()).toMatchObject({ pending: 1 });
  });

  test('is always a path, and never an address', () => {
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    onTestFinished(() => void vi.restoreAllMocks());
    createSqliteLedger({ file: 'file:showpad.db?mode=memory' }).close();
    expect(readdirSync(folder)).toContain('file:showpad.db?mode=memory');
    expect(existsSync(join(folder, 'showpad.db'))).toBe(false);
  });
});

describe('what cannot be used', () => {
  test('is a file in a folder that does not exist', () => {
    const file = join(folder, 'missing', 'showpad.db');
    expect(() => createSqliteInbox({ file })).toThrow(
      `The SQLite file ${JSON.stringify(file)} cannot be opened. Check that its folder exists, and that this process may ` +
        'write to it.',
    );
  });

  test.each([{}, { file: '' }, { file: undefined }])('is %j', (source) => {
    expect(() => createSqliteInbox(source as never)).toThrow(
      'Pass { file: "showpad.db" }, or { database } with an open SQLite handle.',
    );
  });

  test('is a file that a newer version made', () => {
    const file = newFile();
    createSqliteLedger({ file }).close();
    openElsewhere(file).exec('UPDATE showpad_webhooks SET version = 99');
    expect(() => createSqliteInbox({ file })).toThrow(
      'The tables have version 99, and this version of @showpad-webhooks/sqlite supports versions up to 1. Upgrade the ' +
        'package, or use another file.',
    );
  });

  test('is a ledger that remembers for no time', () => {
    expect(() => createSqliteLedger({ file: newFile(), ttlMs: 0 })).toThrow(
      'The option "ttlMs" must be a number above 0, not 0.',
    );
  });

  test('is an inbox that was closed', async () => {
    const inbox = createSqliteInbox({ file: newFile() });
    await inbox.close({ timeoutMs: 0 });
    await inbox.close({ timeoutMs: 0 });
    await expect(inbox.put(entryOf('1'))).rejects.toThrow('The database is closed.');
    await expect(inbox.counts()).rejects.toThrow('The database is closed.');
    expect(await inbox.health()).toEqual({
      isReachable: false,
      isWritable: false,
      lagMs: 0,
      problems: ['The store cannot be read: The database is closed.'],
    });
  });
});
