import type { HandlerContext } from '@showpad-webhooks/core';
import { claimOf } from '@showpad-webhooks/core/inbox';
import type { PostgresPool } from './pool.ts';
import { TRANSACTIONS, type TransactionalStore } from './transactional-store.ts';

/**
 * Notes in a transaction of yours that this handler is done with this event. So what the handler writes in the transaction is
 * there exactly once, wherever the process is killed. It works with every library that can run a SQL statement in a
 * transaction, such as Prisma, Drizzle, Kysely, TypeORM and Knex. With a `pg.Pool`, `inTransaction` does the rest for you.
 *
 * Call it last in the transaction. When that has committed, the handler counts as done and does not run again for this event.
 * The receiver needs `createPostgresInbox` or `createPostgresLedger`, in the database that the transaction writes to.
 *
 * @param run runs one SQL statement in the transaction. The statement has no parameters.
 * @throws Error if the context does not belong to an inbox or a ledger of this package. Whatever `run` throws, also if another
 * process has the event or the handler has committed before. Let the error roll the transaction back.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createPostgresInbox, markDone } from '@showpad-webhooks/postgres';
 * import { drizzle } from 'drizzle-orm/node-postgres';
 * import { pgTable, text } from 'drizzle-orm/pg-core';
 * import pg from 'pg';
 *
 * const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
 * const contacts = pgTable('contacts', { email: text().notNull() });
 * const receiver = createReceiver({ keys: 'a-signature-key', inbox: createPostgresInbox({ pool }) });
 * receiver.on('shared-space-user-added', async ({ data }, context) => {
 *   await drizzle(pool).transaction(async (tx) => {
 *     await tx.insert(contacts).values({ email: data.invitee.email });
 *     await markDone(context, (sql) => tx.execute(sql));
 *   });
 * });
 * ```
 */
export async function markDone(
  context: HandlerContext,
  run: (sql: string) => PromiseLike<unknown>,
): Promise<void> {
  await run(transactionOf(context).markDoneSql);
}

/** @throws Error if the context does not belong to an inbox or a ledger of this package. */
export function transactionOf(context: HandlerContext): {
  readonly pool: PostgresPool;
  readonly markDoneSql: string;
} {
  const handler = claimOf(context);
  const store = handler?.claim.store as Partial<TransactionalStore> | undefined;
  const transactions = store?.[TRANSACTIONS];
  if (handler && transactions) {
    const { pool, markDoneSql } = transactions;
    return { pool, markDoneSql: markDoneSql(handler.claim, handler.handlerName) };
  }
  throw new Error(
    'inTransaction and markDone need the context of a handler whose receiver has createPostgresInbox(…) or createPostgresLedger(…) of ' +
      '@showpad-webhooks/postgres. Pass the context as the handler got it, and not a copy.',
  );
}
