// This process handles what is stored, and is killed at any moment. Each of two handlers inserts a row for each event.
import { setTimeout as delay } from 'node:timers/promises';
import { createReceiver } from '@showpad-webhooks/core';
import { createPostgresInbox, inTransaction } from '@showpad-webhooks/postgres';
import pg from 'pg';

const [port, clockAheadMs] = process.argv.slice(2).map(Number);
const now = Date.now;
Date.now = () => now() + (clockAheadMs ?? 0);

const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres' });
const inbox = createPostgresInbox({ pool, leaseMs: 500, pollMs: 50, backoff: () => 1, maxAttempts: 1_000 });
const receiver = createReceiver({ keys: 'test-key', inbox });

for (const name of ['crm', 'mail']) {
  const insert = async (id: string, context: Parameters<typeof inTransaction>[0]) => {
    await inTransaction(context, async (client) => {
      await client.query('INSERT INTO effects (event, handler) VALUES ($1, $2)', [id, name]);
      await delay(Math.random() * 5); // A kill falls between the effect and the commit, too.
    });
    await delay(Math.random() * 2);
  };
  receiver.onAny((event, context) => insert(event.id, context), { name });
}
receiver.onError((error) => console.error(error.message, error.cause));
await receiver.start();
process.stdout.write('ready\n');
