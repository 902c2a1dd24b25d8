import { createReceiver } from '@showpad-webhooks/core';
import { createPostgresInbox, inTransaction } from '@showpad-webhooks/postgres';
import { findServer, type Server, startPgbouncer } from '@showpad-webhooks/servers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { TYPE } from './entry.ts';
import { deliver, isInstalled, KEY, newName, poolOf, startServer } from './support.ts';

let bouncer: Server;

describe.skipIf(!isInstalled || !findServer('pgbouncer'))('behind PgBouncer in transaction mode', () => {
  beforeAll(async () => {
    bouncer = await startPgbouncer(await startServer());
  });
  afterAll(() => bouncer?.remove());

  test('ten processes make the tables, and handle each event with its effect exactly once', async () => {
    const schema = newName();
    const app = poolOf(bouncer);
    await app.query('CREATE TABLE effects (event text NOT NULL)');
    const receivers = Array.from({ length: 10 }, () => {
      const inbox = createPostgresInbox({ pool: poolOf(bouncer), schema, pollMs: 50 });
      const receiver = createReceiver({ keys: KEY, inbox });
      receiver.on(TYPE, async ({ id }, context) => {
        await inTransaction(context, (client) => client.query('INSERT INTO effects VALUES ($1)', [id]));
      });
      onTestFinished(() => receiver.close({ timeoutMs: 0 }));
      return receiver;
    });
    await Promise.all(receivers.map((receiver) => receiver.start()));
    const ids = Array.from({ length: 200 }, (_, number) => `event-${number}`);
    /** On a busy machine a put may take longer than its deadline. Then the event is sent again, and may have been stored. */
    const store = async (id: string, index: number) => {
      const receiver = receivers[index % 10] as (typeof receivers)[0];
      let answer = await deliver(receiver, id);
      while (answer === '503 INBOX_FAILED') {
        answer = await deliver(receiver, id);
        if (answer === '200 duplicate') return '202 queued';
      }
      return answer;
    };
    expect(new Set(await Promise.all(ids.map(store)))).toEqual(new Set(['202 queued']));
    const effects = async () => (await app.query('SELECT event FROM effects')).rows.map(({ event }) => event);
    await vi.waitFor(async () => expect((await effects()).toSorted()).toEqual(ids.toSorted()));
  });
});
