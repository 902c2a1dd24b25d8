import type { HandlerContext } from '@showpad-webhooks/core';
import { transactionOf } from './mark-done.ts';
import type { PostgresClient } from './pool.ts';
import { giveBack, takeClient } from './take-client.ts';

/**
 * Commits what a handler writes together with the note that the handler is done with this event. So wherever the process is
 * killed, the effect is there exactly once. The receiver needs `createPostgresInbox` or `createPostgresLedger`, with the pool of
 * the database that the handler writes to.
 *
 * Call it once in a handler and do nothing after it that must not be left out: the handler counts as done when this resolves,
 * and it does not run again for this event. If another process has taken the event over, nothing is committed.
 *
 * @returns what `run` gives.
 * @throws whatever `run` throws, and then nothing is committed. Error if another process has the event, or if the handler does
 * not belong to an inbox or a ledger of this package, or if it has committed before.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createPostgresInbox, inTransaction } from '@showpad-webhooks/postgres';
 * import pg from 'pg';
 *
 * const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
 * const receiver = createReceiver({ keys: 'a-signature-key', inbox: createPostgresInbox({ pool }) });
 * receiver.on('shared-space-user-added', async ({ data }, context) => {
 *   await inTransaction(context, async (client) => {
 *     await client.query('INSERT INTO contacts (email) VALUES ($1)', [data.invitee.email]);
 *   });
 * });
 * ```
 */
export async function inTransaction<Result, Client extends PostgresClient = PostgresClient>(
  context: HandlerContext,
  run: (client: Client) => Promise<Result>,
): Promise<Result> {
  const { pool, markDoneSql } = transactionOf(context);
  const client = await takeClient(pool);
  let isUsable = false;
  try {
    await client.query('BEGIN');
    const result = await run(client as unknown as Client);
    await client.query(markDoneSql);
    await client.query('COMMIT');
    isUsable = true;
    return result;
  } catch (error) {
    isUsable = await rollBack(client);
    throw error;
  } finally {
    giveBack(client, isUsable);
  }
}

async function rollBack(client: PostgresClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}
