import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { entryOf, newFile, openElsewhere } from './support.ts';

function look(file: string, name?: string) {
  const inbox = createSqliteInbox({ file, mustExist: true, ...(name !== undefined && { name }) });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  return inbox;
}

async function create(name: string, ...ids: readonly string[]): Promise<string> {
  const file = newFile();
  const inbox = createSqliteInbox({ file, name });
  for (const id of ids) await inbox.put(entryOf(id));
  await inbox.close();
  return file;
}

describe('an inbox that must exist', () => {
  test('is opened, next to an app that has it open', async () => {
    const file = newFile();
    const app = createSqliteInbox({ file });
    onTestFinished(() => app.close({ timeoutMs: 0 }));
    await app.put(entryOf('1'));
    expect(await look(file).counts()).toMatchObject({ pending: 1 });
    expect(await look(file).discard({ id: '1' })).toBe(1);
    expect(await app.counts()).toMatchObject({ pending: 0 });
  });

  test('is no new file', () => {
    const file = newFile();
    expect(() => look(file)).toThrow(/^There is no file ".*"\.$/);
    expect(existsSync(file)).toBe(false);
  });

  test('is no file of something else, and such a file stays as it is', () => {
    const empty = newFile();
    writeFileSync(empty, '');
    expect(() => look(empty)).toThrow('This file has no tables of @showpad-webhooks/sqlite.');
    expect(readFileSync(empty)).toHaveLength(0);
    const text = newFile();
    writeFileSync(text, 'a text that is no database, and long enough to have a header'.repeat(10));
    expect(() => look(text)).toThrow(/not a database/);
  });

  test.each([0, 99])('does not get other tables: version %i', async (version) => {
    const file = await create('default', '1');
    openElsewhere(file).exec(`UPDATE showpad_webhooks SET version = ${version}`);
    expect(() => look(file)).toThrow(`The tables have version ${version}`);
    const [row] = openElsewhere(file).prepare('SELECT version FROM showpad_webhooks').all();
    expect(row).toEqual({ version });
  });

  test('has a name that the file knows, unless the file has no entries at all', async () => {
    const file = await create('crm', '1');
    expect(() => look(file)).toThrow('There is no inbox "default" in this file. The file has: "crm".');
    expect(await look(await create('crm')).counts()).toMatchObject({ pending: 0 });
  });

  test('keeps the settings of the file', async () => {
    const file = newFile();
    const app = createSqliteInbox({ database: openElsewhere(file) });
    await app.put(entryOf('1'));
    expect(await look(file).counts()).toMatchObject({ pending: 1 });
    expect(openElsewhere(file).prepare('PRAGMA journal_mode').all()).toEqual([{ journal_mode: 'delete' }]);
  });
});
