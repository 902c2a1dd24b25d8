import { type Receiver, showpadWebhooks } from '@showpad-webhooks/express';
import { createPostgresInbox, inTransaction } from '@showpad-webhooks/postgres';
import express, { type Express } from 'express';
import type pg from 'pg';

export interface AppOptions {
  /** The pool of the app. It has the table of `createTables`. */
  readonly pool: pg.Pool;
  readonly signatureKey: string;
  readonly log: (line: string) => void;
}

/** A CRM table without a unique key, so that a row that was inserted twice would be seen. */
export async function createTables(pool: pg.Pool): Promise<void> {
  await pool.query('CREATE TABLE IF NOT EXISTS contacts (email text NOT NULL, shared_space text NOT NULL)');
}

/** An app whose contacts are in its own Postgres. Each event adds its contact exactly once, wherever the process is killed. */
export function createApp({ pool, signatureKey, log }: AppOptions): {
  readonly app: Express;
  readonly receiver: Receiver;
} {
  const webhooks = showpadWebhooks({
    path: '/webhooks/showpad',
    keys: signatureKey,
    inbox: createPostgresInbox({ pool, leaseMs: 2_000 }),
  });
  webhooks.receiver
    .on('shared-space-user-added', async function addContact({ data }, context) {
      await inTransaction(context, async (client) => {
        await client.query('INSERT INTO contacts (email, shared_space) VALUES ($1, $2)', [
          data.invitee.email,
          data.sharedSpace.name,
        ]);
      });
      log(`attempt ${context.attempt} added ${data.invitee.email} to "${data.sharedSpace.name}"`);
    })
    .onError((error) => log(`${error.code}: ${error.message} Cause: ${String(error.cause)}`));
  return { app: express().use(webhooks), receiver: webhooks.receiver };
}
