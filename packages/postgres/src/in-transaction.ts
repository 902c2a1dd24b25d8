import type { HandlerContext } from '@showpad-webhooks/core';
import { claimOf, type HandlerClaim } from '@showpad-webhooks/core/inbox';
import type { PostgresClient } from './pool.ts';
import { sqlStateOf } from './shared.ts';
import { TRANSACTIONS, type TransactionalStore } from './transactional-store.ts';

/** The claims whose handlers have committed, or may have. A handler has a claim of its own for each attempt. */
const used = new WeakSet<HandlerClaim>();
/** Errors of these classes mean that a transaction was rolled back: a deferred constraint, or a conflict with another one. */
const ROLLED_BACK = /^(23|40)/;

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
  const { handler, store } = findStore(context);
  if (used.has(handler)) {
    throw new Error(
      'This handler has called inTransaction already, and counts as done with that. Call it once, or write two handlers.',
    );
  }
  used.add(handler);
  try {
    return await runAndCommit(handler, store, run);
  } catch (error) {
    // If the connection broke during the commit, nobody knows how it ended, and only the next attempt finds out.
    const isUnknown = error instanceof CommitError && !ROLLED_BACK.test(sqlStateOf(error.cause) ?? '');
    if (!isUnknown) used.delete(handler);
    throw error instanceof CommitError ? error.cause : error;
  }
}

class CommitError extends Error {}

async function runAndCommit<Result, Client extends PostgresClient>(
  handler: HandlerClaim,
  store: TransactionalStore,
  run: (client: Client) => Promise<Result>,
): Promise<Result> {
  const { pool, checkpoint } = store[TRANSACTIONS];
  const client = await pool.connect();
  // Without a listener, the error of a connection that breaks while no query runs would end the process.
  const ignore = () => {};
  client.on('error', ignore);
  let isUsable = false;
  try {
    await client.query('BEGIN');
    const result = await run(client as unknown as Client);
    const isHeld = await checkpoint(client, handler.claim, handler.handlerName);
    if (!isHeld) throw takenOver();
    await client.query('COMMIT').catch((cause) => {
      throw new CommitError('The commit failed.', { cause });
    });
    isUsable = true;
    return result;
  } catch (error) {
    isUsable = await rollBack(client);
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(!isUsable);
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

function findStore(context: HandlerContext): {
  readonly handler: HandlerClaim;
  readonly store: TransactionalStore;
} {
  const handler = claimOf(context);
  const store = handler?.claim.store as Partial<TransactionalStore> | undefined;
  if (handler && store?.[TRANSACTIONS]) return { handler, store: store as TransactionalStore };
  throw new Error(
    'inTransaction needs the context of a handler whose receiver has createPostgresInbox(…) or createPostgresLedger(…) of ' +
      '@showpad-webhooks/postgres. Pass the context as the handler got it, and not a copy.',
  );
}

function takenOver(): Error {
  return new Error(
    'Another process has taken this event over, so nothing was committed. Handlers must end, or their process must answer, ' +
      'before the lease of the event is over.',
  );
}
