import type { Inbox } from '@showpad-webhooks/core';
import { createSqliteInbox, createSqliteLedger, type SqliteHandle } from '@showpad-webhooks/sqlite';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../src/connection.ts';
import { entryOf, newFile, openElsewhere } from './support.ts';

interface Opened {
  readonly inbox: Inbox;
  readonly other: SqliteHandle;
  readonly handled: string[];
  readonly errors: unknown[];
  readonly start: () => void | Promise<void>;
}

function open(): Opened {
  const file = newFile();
  const inbox = createSqliteInbox({ file, pollMs: 5 });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  const handled: string[] = [];
  const errors: unknown[] = [];
  const start = () =>
    inbox.start({
      async process({ id }) {
        handled.push(id);
        return undefined;
      },
      onDead() {},
      onError: (...error) => errors.push(error),
    });
  return { inbox, other: openElsewhere(file), handled, errors, start };
}

const inInbox = (change: string) => `UPDATE showpad_inbox SET ${change}`;
const NO_BODY = 'Its body is not there.';
const changes: [string, string, string][] = [
  ['meta that is not JSON', inInbox("meta = '{nonsense'"), 'Its column "meta" is not JSON.'],
  ['meta without an id', inInbox("meta = '{}'"), 'Its column "meta" has no id or no headers.'],
  ['meta that is null', inInbox("meta = 'null'"), 'Its column "meta" has no id or no headers.'],
  ['meta without headers', inInbox(`meta = '{"id":"bad"}'`), 'Its column "meta" has no id or no headers.'],
  ['handlers that are not JSON', inInbox("handlers = '['"), 'Its column "handlers" is not JSON.'],
  [
    'handlers that are no names',
    inInbox("handlers = '[1]'"),
    'Its column "handlers" is not a list of names.',
  ],
  ['an error that is not JSON', inInbox("error = 'Error'"), 'Its column "error" is not JSON.'],
  [
    'failures that are no attempts',
    inInbox("failures = '[1]'"),
    'Its column "failures" is not a list of attempts.',
  ],
  ['a body that is text', "UPDATE showpad_inbox_body SET body = '{}'", NO_BODY],
  ['no body', 'DELETE FROM showpad_inbox_body', NO_BODY],
];

describe.each(changes)('a row with %s', (_what, change, reason) => {
  test('becomes dead, and all others are handled', async () => {
    const { inbox, other, handled, errors, start } = open();
    await inbox.put(entryOf('bad'));
    other.exec(change);
    const good = Array.from({ length: 20 }, (_, number) => `good ${number}`);
    for (const id of good.slice(0, 10)) await inbox.put(entryOf(id));
    await start();
    const puts = await Promise.all(good.slice(10).map((id) => inbox.put(entryOf(id))));
    expect(puts).toEqual(Array(10).fill('stored'));
    await vi.waitFor(async () =>
      expect(await inbox.counts()).toEqual({ pending: 0, leased: 0, done: 20, dead: 1 }),
    );
    expect(handled.toSorted()).toEqual(good.toSorted());
    expect(errors).toEqual([]);
    const { items } = await inbox.list();
    expect(items).toMatchObject([{ state: 'dead', error: { code: 'INBOX_FAILED' } }]);
    const message = `The row of this event in the table showpad_inbox cannot be read. ${reason} Something else has changed the row.`;
    expect(items[0]?.error?.message).toBe(message);
    expect((await inbox.health()).problems).toEqual([]);
  });
});

test('a row that cannot be read is listed in every state, can be retried after a repair, and be discarded', async () => {
  const { inbox, other, handled, start } = open();
  await inbox.put(entryOf('bad'));
  other.exec("CREATE TABLE kept AS SELECT meta FROM showpad_inbox; UPDATE showpad_inbox SET meta = ''");
  const waiting = (await inbox.list({ state: 'pending' })).items;
  expect(waiting).toMatchObject([{ id: 'unreadable:1', state: 'pending', hasBody: true }]);
  await start();
  await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ dead: 1 }));
  expect((await inbox.list({ id: 'unreadable:1' })).items).toMatchObject([
    { state: 'dead', body: new Uint8Array(Buffer.from('{}')) },
  ]);
  expect(await inbox.retry({ id: 'unreadable:1' })).toBe(1);
  await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ dead: 1 }));
  other.exec('UPDATE showpad_inbox SET meta = (SELECT meta FROM kept)');
  expect(await inbox.retry({ id: 'unreadable:1' })).toBe(0);
  expect(await inbox.retry({ id: 'bad' })).toBe(1);
  await vi.waitFor(() => expect(handled).toEqual(['bad']));
  await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
  other.exec("UPDATE showpad_inbox SET meta = ''");
  expect(await inbox.discard({ id: 'unreadable:2' })).toBe(0);
  expect(await inbox.discard({ id: 'unreadable:1' })).toBe(1);
});

test('an event whose id looks like the place of a row that cannot be read is itself', async () => {
  const { inbox, other } = open();
  await inbox.put(entryOf('bad'));
  await inbox.put(entryOf('unreadable:1'));
  other.exec("UPDATE showpad_inbox SET meta = '' WHERE seq = 1");
  expect(await inbox.discard({ id: 'unreadable:1' })).toBe(1);
  expect((await inbox.list({ state: 'pending' })).items).toMatchObject([{ id: 'unreadable:1' }]);
  expect(await inbox.discard({ id: 'unreadable:1' })).toBe(1);
  expect(await inbox.counts()).toEqual({ pending: 0, leased: 0, done: 0, dead: 0 });
});

describe('writes that share a transaction', () => {
  test('do not share their failures', async () => {
    const connection = connect({ file: newFile() });
    onTestFinished(() => connection.close());
    const note = (key: string) => () =>
      connection.run("INSERT INTO showpad_ledger VALUES (?, 1, 1, 0, 0, 'claimed', 0, '[]')", key);
    const fail = () => {
      note('half done')();
      throw new Error('It cannot be done.');
    };
    const results = await Promise.allSettled([
      connection.write(note('a')),
      connection.write(fail),
      connection.writeNew(note('b')),
      connection.write(note('a')), // The key is there already.
      connection.write(note('c')),
    ]);
    expect(results).toMatchObject([
      { value: 1 },
      { reason: { message: 'It cannot be done.' } },
      { value: 1 },
      { reason: { message: expect.stringContaining('UNIQUE') } },
      { value: 1 },
    ]);
    const rows = connection.all<{ key: string }>('SELECT key FROM showpad_ledger ORDER BY key');
    expect(rows.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  });
});

test.each(["'['", "'7'", "''"])(
  'a ledger whose row has %s for its handlers runs all of them again',
  async (text) => {
    const file = newFile();
    const ledger = createSqliteLedger({ file });
    onTestFinished(() => ledger.close());
    const claim = async () => {
      const result = await ledger.claim({ key: 'a', bodyDigest: 1, leaseMs: 60_000 });
      if (result.status !== 'claimed') throw new Error('It was not claimed.');
      return result;
    };
    const { fence } = await claim();
    await ledger.checkpoint({ key: 'a', fence }, { handler: 'crm', leaseMs: 60_000 });
    await ledger.release({ key: 'a', fence });
    openElsewhere(file).exec(`UPDATE showpad_ledger SET handlers = ${text}`);
    const again = await claim();
    expect(again).toMatchObject({ attempt: 2, done: [] });
    const update = { handler: 'mail', leaseMs: 60_000 };
    expect(await ledger.checkpoint({ key: 'a', fence: again.fence }, update)).toBe(true);
  },
);
