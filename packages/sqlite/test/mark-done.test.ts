import { createMemoryLedger, createReceiver, type HandlerContext } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { createSqliteInbox, createSqliteLedger, markDone } from '@showpad-webhooks/sqlite';
import Database from 'libsql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { newFile } from './support.ts';

const KEY = 'test-key';
const TYPE = 'shared-space-user-added';
/** It has everything that a statement could take for something else. */
const NAME = `it's "a" $1 ? :name \\ %s {{x}} \u{1F600}`;

function openApp() {
  const file = newFile();
  const database = new Database(file);
  onTestFinished(() => void database.close());
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('CREATE TABLE effects (event TEXT)');
  const transact = (event: string, context: HandlerContext, end = () => {}) =>
    database.transaction(() => {
      database.prepare('INSERT INTO effects VALUES (?)').run(event);
      end();
      markDone(context, (sql) => database.exec(sql));
    })();
  const effects = () =>
    (database.prepare('SELECT event FROM effects').all() as { event: string }[]).map(({ event }) => event);
  return { file, database, transact, effects };
}

describe('markDone', () => {
  test.each(['the handle of the app', 'a handle of its own'])(
    'commits what a handler writes exactly once, if the inbox has %s',
    async (which) => {
      const { file, database, transact, effects } = openApp();
      const source = which === 'the handle of the app' ? { database } : { file };
      const inbox = createSqliteInbox({ ...source, backoff: () => 1, pollMs: 20 });
      const receiver = createReceiver({ keys: KEY, inbox });
      onTestFinished(() => receiver.close({ timeoutMs: 0 }));
      const attempts: number[] = [];
      const refused: string[] = [];
      const tryTo = (write: () => void) => {
        try {
          write();
        } catch (error) {
          refused.push((error as Error).message);
        }
      };
      receiver.on(
        TYPE,
        ({ id }, context) => {
          attempts.push(context.attempt);
          if (context.attempt === 1) {
            transact(id, context, () => {
              throw new Error('It fails before the commit.');
            });
          }
          if (context.attempt === 2) {
            const takeOver = () =>
              void database.exec('UPDATE showpad_inbox SET fence = fence + 1, at_ms = 0');
            tryTo(() => transact(id, context, takeOver));
            takeOver();
            return;
          }
          transact(id, context);
          tryTo(() => transact(id, context));
          throw new Error('It fails after the commit.');
        },
        { name: NAME },
      );
      receiver.onAny(() => {}, { name: 'other' });
      await receiver.start();
      await receiver.receive(signedDelivery(TYPE, { key: KEY, id: 'a' }));
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
      expect(attempts).toEqual([1, 2, 3]);
      expect(refused).toEqual([
        expect.stringContaining('Another process has taken this event over'),
        expect.stringContaining('This handler counts as done already'),
      ]);
      expect(effects()).toEqual(['a']);
    },
  );

  test('does the same with a ledger', async () => {
    const { database, transact, effects } = openApp();
    const receiver = createReceiver({ keys: KEY, ledger: createSqliteLedger({ database }) });
    receiver.on(TYPE, ({ id }, context) => {
      transact(id, context);
      throw new Error('It fails after the commit.');
    });
    const statusOf = async () =>
      (await receiver.receive(signedDelivery(TYPE, { key: KEY, id: 'a' }))).response.status;
    expect([await statusOf(), await statusOf()]).toEqual([500, 200]);
    expect(effects()).toEqual(['a']);
  });

  test('refuses the context of another receiver', async () => {
    const { transact, effects } = openApp();
    const receiver = createReceiver({ keys: KEY, ledger: createMemoryLedger() });
    receiver.on(TYPE, ({ id }, context) => transact(id, context));
    const { error } = await receiver.receive(signedDelivery(TYPE, { key: KEY, id: 'a' }));
    expect(String(error?.cause)).toMatch(/^Error: markDone needs the context of a handler/);
    expect(effects()).toEqual([]);
  });
});
