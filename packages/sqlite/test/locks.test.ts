import type { Inbox } from '@showpad-webhooks/core';
import { createSqliteInbox, type SqliteHandle } from '@showpad-webhooks/sqlite';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf, newFile, openElsewhere, turns } from './support.ts';

describe('while another process writes', () => {
  /** An inbox, and another process that has locked its file. From now on time passes only if a test lets it. */
  function openLocked(): { readonly inbox: Inbox; readonly other: SqliteHandle } {
    const file = newFile();
    const inbox = createSqliteInbox({ file });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const other = openElsewhere(file);
    other.exec('BEGIN IMMEDIATE');
    return { inbox, other };
  }

  /** Resolves to `stored`, or to the message of the error. */
  function put(inbox: Inbox, id: string): Promise<unknown> {
    return Promise.resolve(inbox.put(entryOf(id))).catch((error: Error) => error.message);
  }

  test('a put waits, and the event loop does not', async () => {
    const { inbox, other } = openLocked();
    const settled = vi.fn();
    const putting = put(inbox, '1').finally(settled);
    for (let times = 0; times < 100; times++) {
      await turns(1);
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(settled).not.toHaveBeenCalled();
    other.exec('COMMIT');
    await vi.advanceTimersByTimeAsync(5);
    expect(await putting).toBe('stored');
  });

  test('for more than two seconds, a put fails with SQLite’s own error', async () => {
    const { inbox, other } = openLocked();
    const settled = vi.fn();
    const putting = put(inbox, '1').finally(settled);
    await turns();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10);
    expect(await putting).toBe('database is locked');
    other.exec('COMMIT');
    expect(await put(inbox, '1')).toBe('stored');
  });

  test('a put has two seconds again after another one has failed', async () => {
    const { inbox, other } = openLocked();
    const failing = put(inbox, '1');
    await turns();
    await vi.advanceTimersByTimeAsync(2_010);
    expect(await failing).toBe('database is locked');
    const putting = put(inbox, '2');
    await turns();
    await vi.advanceTimersByTimeAsync(1_990);
    other.exec('COMMIT');
    await vi.advanceTimersByTimeAsync(5);
    expect(await putting).toBe('stored');
  });

  test('an inbox that closes fails what waits, and leaves nothing behind', async () => {
    const { inbox, other } = openLocked();
    const putting = put(inbox, '1');
    await turns();
    const closing = inbox.close({ timeoutMs: 0 });
    await vi.advanceTimersByTimeAsync(0);
    await closing;
    expect(await putting).toBe('The database is closed.');
    other.exec('COMMIT');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(other.prepare('SELECT count(*) AS count FROM showpad_inbox').all()).toMatchObject([{ count: 0 }]);
  });
});

test('while another process reads a database that has no WAL, a put waits', async () => {
  const file = newFile();
  const database = openElsewhere(file);
  const inbox = createSqliteInbox({ database });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  const reader = openElsewhere(file);
  reader.exec('BEGIN');
  reader.prepare('SELECT * FROM showpad_inbox').all();
  let result: unknown;
  const putting = Promise.resolve(inbox.put(entryOf('1'))).then((stored) => {
    result = stored;
  });
  await turns(10);
  expect(result).toBeUndefined();
  reader.exec('COMMIT');
  await putting;
  expect(result).toBe('stored');
  expect(await inbox.counts()).toMatchObject({ pending: 1 });
});
