import type { Inbox } from '@showpad-webhooks/core';
import { createPostgresInbox, type PostgresInboxOptions } from '@showpad-webhooks/postgres';
import type { Server } from '@showpad-webhooks/servers';
import type pg from 'pg';
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf } from './entry.ts';
import { isInstalled, newName, poolOf, startServer } from './support.ts';

let server: Server;

/** An inbox with tables of its own. */
function open(options: Partial<PostgresInboxOptions> = {}, poolOptions: pg.PoolConfig = {}) {
  const pool = poolOf(server, poolOptions);
  const schema = options.schema ?? newName();
  const inbox = createPostgresInbox({ pool, ...options, schema });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  const handled: string[] = [];
  const errors: unknown[] = [];
  const start = async () =>
    inbox.start({
      async process({ id }) {
        handled.push(id);
        return undefined;
      },
      onDead() {},
      onError: (...error) => errors.push(error),
    });
  const table = `"${schema}".inbox`;
  return { pool, schema, inbox, handled, errors, start, table };
}

const isDone = (inbox: Inbox, done: number) =>
  vi.waitFor(async () => expect(await inbox.counts()).toEqual({ pending: 0, leased: 0, done, dead: 0 }));

describe.skipIf(!isInstalled)('an inbox in Postgres', () => {
  beforeAll(async () => {
    server = await startServer();
  });
  afterEach(() => void vi.useRealTimers());

  test('stores what comes at once in few statements', async () => {
    const { pool, inbox } = open();
    await inbox.put(entryOf('first'));
    const query = vi.spyOn(pool, 'query');
    const ids = Array.from({ length: 200 }, (_, number) => `event ${number}`);
    const results = await Promise.all(ids.map(async (id) => inbox.put(entryOf(id))));
    expect(results).toEqual(Array(200).fill('stored'));
    const inserts = query.mock.calls.filter(([each]) =>
      /INSERT/.test((each as unknown as pg.QueryConfig).text),
    );
    expect(inserts.length).toBeLessThanOrEqual(2);
  });

  test('lets no entry fail because of another one in the same statement', async () => {
    const { pool, inbox, table } = open();
    await inbox.counts();
    await pool.query(`ALTER TABLE ${table} ADD CHECK (meta NOT LIKE '%bad%')`);
    const results = await Promise.allSettled(['a', 'bad', 'b'].map(async (id) => inbox.put(entryOf(id))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await inbox.counts()).toMatchObject({ pending: 2 });
  });

  test('wakes another process at once, and only that of the same inbox', async () => {
    const { inbox, schema, pool } = open();
    const other = open({ schema, pollMs: 600_000 });
    await other.start();
    const listeners = async () =>
      (await pool.query(`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)).rowCount;
    await vi.waitFor(async () => expect(await listeners()).toBeGreaterThan(0));
    await inbox.put(entryOf('a'));
    await isDone(inbox, 1);
    expect(other.handled).toEqual(['a']);
    await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`);
    await vi.waitFor(async () => expect(await listeners()).toBeGreaterThan(0));
    await inbox.put(entryOf('b'));
    await isDone(inbox, 2);
  });

  test('polls if the pool has no connection left to listen with', async () => {
    const { inbox, schema } = open({}, { max: 1 });
    const other = open({ schema, pollMs: 10 }, { max: 1 });
    await other.start();
    await inbox.put(entryOf('a'));
    await isDone(inbox, 1);
  });

  test('gives the body of a done entry back', async () => {
    const { pool, table, inbox, start } = open();
    await inbox.put(entryOf('a'));
    const bodies = async () => (await pool.query(`SELECT 1 FROM ${table} WHERE body IS NOT NULL`)).rowCount;
    expect(await bodies()).toBe(1);
    await start();
    await isDone(inbox, 1);
    expect(await bodies()).toBe(0);
    await inbox.put(entryOf('dead', { error: { code: 'BODY_INVALID', message: 'no JSON' } }));
    expect(await bodies()).toBe(1);
    expect(await inbox.discard({ state: 'dead' })).toBe(1);
    expect(await bodies()).toBe(0);
  });

  test.each([
    ['meta that is not JSON', "meta = '{nonsense'", 'Its column "meta" is not JSON.'],
    ['handlers that are no names', "handlers = '[1]'", 'Its column "handlers" is not a list of names.'],
    ['an error that is not JSON', "error = 'Error'", 'Its column "error" is not JSON.'],
    ['failures that are no attempts', "failures = '[1]'", 'Its column "failures" is not a list of attempts.'],
    ['no body', 'body = NULL', 'Its body is not there.'],
  ])('sets a row with %s aside as dead, and handles the others', async (_what, change, reason) => {
    const { pool, table, inbox, handled, errors, start } = open();
    await inbox.put(entryOf('bad'));
    await pool.query(`UPDATE ${table} SET ${change}`);
    await inbox.put(entryOf('good'));
    await start();
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1, dead: 1 }));
    expect([handled, errors]).toEqual([['good'], []]);
    const [item] = (await inbox.list()).items;
    expect(item).toMatchObject({ state: 'dead', error: { code: 'INBOX_FAILED' } });
    expect(item?.error?.message).toContain(reason);
    expect(await inbox.discard({ id: `${item?.id}` })).toBe(1);
  });

  test('measures time by the clock of the server', async () => {
    const { inbox, schema, handled, start } = open();
    const other = open({ schema });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    await other.inbox.put(entryOf('a'));
    vi.useRealTimers();
    await start();
    await isDone(inbox, 1);
    expect(handled).toEqual(['a']);
    const [item] = (await inbox.list({ id: 'a' })).items;
    expect(Math.abs(Number(item?.settledAtMs) - Date.now())).toBeLessThan(60_000);
  });

  test.each(['repeatable read', 'serializable'])(
    'works if %s is the default',
    async (level) => {
      const options = { options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}` };
      const { inbox, schema, errors, handled, start } = open({}, options);
      const other = open({ schema }, options);
      await Promise.all([start(), other.start()]);
      const ids = Array.from({ length: 100 }, (_, number) => `event ${number}`);
      const puts = [inbox, other.inbox].flatMap((each) => ids.map(async (id) => each.put(entryOf(id))));
      const results = await Promise.all(puts);
      expect(results.filter((result) => result === 'stored')).toHaveLength(100);
      await isDone(inbox, 100);
      expect([...handled, ...other.handled].toSorted()).toEqual(ids.toSorted());
      expect([...errors, ...other.errors]).toEqual([]);
    },
    30_000,
  );

  test('closes also if the app never gives a connection back', async () => {
    const { pool, inbox } = open({}, { max: 1 });
    await inbox.counts();
    const kept = await pool.connect();
    const put = (async () => inbox.put(entryOf('a')))();
    await vi.waitFor(() => expect(pool.waitingCount).toBe(1));
    await inbox.close();
    kept.release();
    expect(await put).toBe('stored');
  });

  test('leaves the pool of the app open, and gives its connections back', async () => {
    const { pool, inbox, start } = open();
    await start();
    await inbox.put(entryOf('a'));
    await isDone(inbox, 1);
    await inbox.close();
    await vi.waitFor(() => expect(pool.idleCount).toBe(pool.totalCount));
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await expect((async () => inbox.put(entryOf('b')))()).rejects.toThrow('The inbox is closed.');
  });
});
