import { createMemoryLedger, createReceiver, type Inbox, type Ledger } from '@showpad-webhooks/core';
import { createPostgresInbox, createPostgresLedger, inTransaction } from '@showpad-webhooks/postgres';
import type { Server } from '@showpad-webhooks/servers';
import type { PoolClient } from 'pg';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { TYPE } from './entry.ts';
import { deliver, isInstalled, KEY, newName, poolOf, startServer } from './support.ts';

type Store = { readonly inbox: Inbox } | { readonly ledger: Ledger | false };

let server: Server;

/** A pool, a schema for our tables, and a table of the app without a unique key. */
async function openApp() {
  const pool = poolOf(server);
  const schema = newName();
  const table = `"effects ${schema}"`;
  await pool.query(`CREATE TABLE ${table} (event text, handler text)`);
  const insert = (client: PoolClient, event: string, handler: string) =>
    client.query(`INSERT INTO ${table} VALUES ($1, $2)`, [event, handler]);
  const effects = async (): Promise<readonly string[]> => {
    const { rows } = await pool.query(`SELECT event, handler FROM ${table} ORDER BY event, handler`);
    return rows.map(({ event, handler }) => `${event} ${handler}`);
  };
  const receive = (options: Store) => {
    const receiver = createReceiver({ keys: KEY, ...options });
    const errors: unknown[] = [];
    receiver.onError(({ cause }) => errors.push((cause as Error)?.message));
    onTestFinished(() => receiver.close({ timeoutMs: 0 }));
    return { receiver, errors };
  };
  return { pool, schema, insert, effects, receive };
}

describe.skipIf(!isInstalled)('inTransaction', () => {
  beforeAll(async () => {
    server = await startServer();
  });

  test('commits what a handler writes with the note that it is done, in an inbox', async () => {
    const { pool, schema, insert, effects, receive } = await openApp();
    const inbox = createPostgresInbox({ pool, schema, backoff: () => 1 });
    const { receiver } = receive({ inbox });
    const attempts: string[] = [];
    receiver.on(TYPE, async function first({ id }, context) {
      attempts.push(`first ${context.attempt}`);
      const result = await inTransaction(context, async (client: PoolClient) => {
        await insert(client, id, 'first');
        return 7;
      });
      expect(result).toBe(7);
      throw new Error('It fails after the commit.');
    });
    receiver.on(TYPE, async function second({ id }, context) {
      attempts.push(`second ${context.attempt}`);
      await inTransaction(context, async (client: PoolClient) => {
        await insert(client, id, 'second');
        if (context.attempt === 1) throw new Error('It fails before the commit.');
      });
    });
    await receiver.start();
    expect(await deliver(receiver, 'a')).toBe('202 queued');
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    expect(attempts).toEqual(['first 1', 'second 1', 'second 2']);
    expect(await effects()).toEqual(['a first', 'a second']);
  });

  test('does the same with a ledger', async () => {
    const { pool, schema, insert, effects, receive } = await openApp();
    const { receiver } = receive({ ledger: createPostgresLedger({ pool, schema }) });
    receiver.on(TYPE, async function first({ id }, context) {
      await inTransaction(context, async (client: PoolClient) => insert(client, id, 'first'));
      throw new Error('It fails after the commit.');
    });
    expect(await deliver(receiver, 'a')).toBe('500 HANDLER_FAILED');
    expect(await deliver(receiver, 'a')).toBe('200 handled');
    expect(await deliver(receiver, 'a')).toBe('200 duplicate');
    expect(await effects()).toEqual(['a first']);
  });

  test('commits nothing if another process has taken the event over', async () => {
    const { pool, schema, insert, effects, receive } = await openApp();
    const { receiver, errors } = receive({ ledger: createPostgresLedger({ pool, schema }) });
    receiver.on(TYPE, async ({ id }, context) => {
      await inTransaction(context, async (client: PoolClient) => {
        await insert(client, id, 'late');
        await pool.query(`UPDATE "${schema}".ledger SET fence = fence + 1`);
      });
    });
    await deliver(receiver, 'a');
    expect(errors).toContainEqual(expect.stringMatching(/^Another process has taken this event over/));
    expect(await effects()).toEqual([]);
  });

  test('commits nothing if a query in it failed, also if the handler ignores that', async () => {
    const { pool, schema, insert, effects, receive } = await openApp();
    const { receiver } = receive({ ledger: createPostgresLedger({ pool, schema }) });
    receiver.on(TYPE, async ({ id }, context) => {
      await inTransaction(context, async (client: PoolClient) => {
        await insert(client, id, 'x');
        await client.query('SELECT 1 / 0').catch(() => {});
      });
    });
    expect(await deliver(receiver, 'a')).toBe('500 HANDLER_FAILED');
    expect(await effects()).toEqual([]);
    await vi.waitFor(() => expect(pool.idleCount).toBe(pool.totalCount));
  });

  test('may be tried again in the handler if Postgres rolled it back, and not after it committed', async () => {
    const { pool, schema, insert, effects, receive } = await openApp();
    const { receiver, errors } = receive({ ledger: createPostgresLedger({ pool, schema }) });
    receiver.on(TYPE, async ({ id }, context) => {
      const write = (isBad: boolean) =>
        inTransaction(context, async (client: PoolClient) => {
          await insert(client, id, 'x');
          if (isBad) throw new Error('not yet');
        });
      await expect(write(true)).rejects.toThrow('not yet');
      await write(false);
      await write(false);
    });
    expect(await deliver(receiver, 'a')).toBe('500 HANDLER_FAILED');
    expect(errors).toEqual([expect.stringMatching(/^This handler counts as done already/)]);
    expect(await effects()).toEqual(['a x']);
  });

  test('belongs to the handler that called it, and refuses one that does not wait for it', async () => {
    const { pool, schema, insert, effects, receive } = await openApp();
    const { receiver } = receive({ ledger: createPostgresLedger({ pool, schema }) });
    let goOn = () => {};
    const going = new Promise<void>((resolve) => (goOn = resolve));
    let late: Promise<unknown> | undefined;
    receiver.on(TYPE, function forgetful({ id }, context) {
      late ??= going.then(() =>
        inTransaction(context, async (client: PoolClient) => insert(client, id, 'forgetful')),
      );
    });
    receiver.on(TYPE, async function second({ id }, context) {
      goOn();
      await expect(late).rejects.toThrow(/^This handler counts as done already/);
      if (context.attempt === 1) throw new Error('It fails although the other has not committed.');
      await inTransaction(context, async (client: PoolClient) => insert(client, id, 'second'));
    });
    expect(await deliver(receiver, 'a')).toBe('500 HANDLER_FAILED');
    expect(await deliver(receiver, 'a')).toBe('200 handled');
    expect(await effects()).toEqual(['a second']);
  });

  test('does not count as done if the connection breaks before the commit', async () => {
    const { pool, schema, insert, effects, receive } = await openApp();
    const inbox = createPostgresInbox({ pool, schema, backoff: () => 1, pollMs: 20 });
    const { receiver } = receive({ inbox });
    const kill = poolOf(server);
    receiver.on(TYPE, async ({ id }, context) => {
      await inTransaction(context, async (client: PoolClient) => {
        await insert(client, id, 'x');
        if (context.attempt > 1) return;
        const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
        await kill.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
      });
    });
    await receiver.start();
    await deliver(receiver, 'a');
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    expect(await effects()).toEqual(['a x']);
  });

  test.each<[string, () => Store]>([
    ['a ledger in memory', () => ({ ledger: createMemoryLedger() })],
    ['no ledger', () => ({ ledger: false })],
  ])('refuses the context of a receiver with %s', async (_what, options) => {
    const { effects, receive } = await openApp();
    const { receiver, errors } = receive(options());
    receiver.on(TYPE, async (_event, context) => {
      await inTransaction(context, async () => {});
    });
    expect(await deliver(receiver, 'a')).toBe('500 HANDLER_FAILED');
    expect(errors).toEqual([
      expect.stringMatching(/^inTransaction and markDone need the context of a handler/),
    ]);
    expect(await effects()).toEqual([]);
  });
});
