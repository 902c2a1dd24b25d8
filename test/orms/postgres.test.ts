import { createReceiver } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { createPostgresInbox, markDone } from '@showpad-webhooks/postgres';
import { findServer, type Server, startPostgres } from '@showpad-webhooks/servers';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { LIBRARIES } from './postgres-libraries.ts';

const KEY = 'test-key';
const TYPE = 'shared-space-user-added';
/** It has everything that a statement could take for something else. */
const HANDLER = `it's "a" $1 ? :name \\ %s {{x}} \u{1F600}`;

const isInstalled = findServer('postgres') !== undefined;
let server: Server;

beforeAll(async () => {
  if (isInstalled) server = await startPostgres();
});
afterAll(() => server?.remove());

async function openDatabase() {
  const admin = new pg.Pool({ host: '127.0.0.1', port: server.port, user: 'postgres' });
  const name = `test_${Date.now()}_${Math.random().toString().slice(2)}`;
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = `postgres://postgres@127.0.0.1:${server.port}/${name}`;
  const pool = new pg.Pool({ connectionString: url });
  onTestFinished(() => pool.end());
  await pool.query('CREATE TABLE effects (event text NOT NULL)');
  return { url, pool };
}

test.each(isInstalled ? Object.entries(LIBRARIES) : [])(
  '%s commits what a handler writes with the note that it is done, exactly once',
  async (_name, openLibrary) => {
    const { url, pool } = await openDatabase();
    const library = await openLibrary(url);
    onTestFinished(async () => void (await library.close()));
    const inbox = createPostgresInbox({ pool, backoff: () => 1, pollMs: 20 });
    const receiver = createReceiver({ keys: KEY, inbox });
    onTestFinished(() => receiver.close({ timeoutMs: 0 }));
    const attempts: string[] = [];
    const refused: string[] = [];
    const write = (
      { id }: { readonly id: string },
      context: Parameters<typeof markDone>[0],
      end = async () => {},
    ) =>
      library.transact(async ({ insert, run }) => {
        await insert(id);
        await end();
        await markDone(context, run);
      });
    // Drizzle keeps the error of Postgres as the cause of its own.
    const isRefused = (error: Error) => refused.push(`${error.message} ${error.cause}`);

    receiver.on(
      TYPE,
      async (event, context) => {
        attempts.push(`handler ${context.attempt}`);
        if (context.attempt === 1) {
          await write(event, context, async () => {
            throw new Error('It fails before the commit.');
          });
        }
        if (context.attempt === 2) {
          await write(event, context, async () => {
            await pool.query('UPDATE showpad_webhooks.inbox SET fence = fence + 1, at_ms = 0');
          }).catch(isRefused);
          return;
        }
        await write(event, context);
        await write(event, context).catch(isRefused);
        throw new Error('It fails after the commit.');
      },
      { name: HANDLER },
    );
    receiver.onAny(async (_event, { attempt }) => void attempts.push(`other ${attempt}`), { name: 'other' });

    await receiver.start();
    await receiver.receive(signedDelivery(TYPE, { key: KEY, id: 'a' }));
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    expect(attempts.filter((each) => each.startsWith('handler'))).toEqual([
      'handler 1',
      'handler 2',
      'handler 3',
    ]);
    expect(refused).toEqual([
      expect.stringContaining('Another process has taken this event over'),
      expect.stringContaining('This handler counts as done already'),
    ]);
    const { rows } = await pool.query('SELECT event FROM effects');
    expect(rows).toEqual([{ event: 'a' }]);
  },
  30_000,
);
