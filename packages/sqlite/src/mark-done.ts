import type { HandlerContext } from '@showpad-webhooks/core';
import { claimOf, type StoreClaim } from '@showpad-webhooks/core/inbox';

/** The ESM and the CJS build of this package may meet, so the mark is the same in both. */
export const MARK_DONE: unique symbol = Symbol.for('@showpad-webhooks/sqlite');

/** A store that can note in a transaction of the app that a handler is done. */
export interface TransactionalStore {
  /** The statement that notes it. It fails if another process has taken the event over. */
  readonly [MARK_DONE]: (claim: StoreClaim, handlerName: string) => string;
}

/**
 * Notes in a transaction of yours that this handler is done with this event. So what the handler writes in the transaction is
 * there exactly once, wherever the process is killed. The receiver needs `createSqliteInbox` or `createSqliteLedger`, in the
 * file that the transaction writes to.
 *
 * Call it last in the transaction. When that has committed, the handler counts as done and does not run again for this event.
 *
 * @param run runs one SQL statement in the transaction. The statement has no parameters.
 * @returns what `run` gives. If that is a promise, wait for it.
 * @throws Error if the context does not belong to an inbox or a ledger of this package. Whatever `run` throws, also if another
 * process has the event or the handler has committed before. Let the error roll the transaction back.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createSqliteInbox, markDone } from '@showpad-webhooks/sqlite';
 * import Database from 'libsql';
 *
 * const database = new Database('app.db');
 * database.exec('CREATE TABLE IF NOT EXISTS contacts (email TEXT)');
 * const receiver = createReceiver({ keys: 'a-signature-key', inbox: createSqliteInbox({ database }) });
 * receiver.on('shared-space-user-added', ({ data }, context) => {
 *   database.transaction(() => {
 *     database.prepare('INSERT INTO contacts VALUES (?)').run(data.invitee.email);
 *     markDone(context, (sql) => database.exec(sql));
 *   })();
 * });
 * ```
 */
export function markDone<Result>(context: HandlerContext, run: (sql: string) => Result): Result {
  const handler = claimOf(context);
  const store = handler?.claim.store as Partial<TransactionalStore> | undefined;
  const sqlOf = store?.[MARK_DONE];
  if (handler && sqlOf) return run(sqlOf(handler.claim, handler.handlerName));
  throw new Error(
    'markDone needs the context of a handler whose receiver has createSqliteInbox(…) or createSqliteLedger(…) of ' +
      '@showpad-webhooks/sqlite. Pass the context as the handler got it, and not a copy.',
  );
}

/**
 * Each library writes parameters in its own way, so the statement has none. The key is base64url, and the name is passed as hex,
 * because it may have any characters.
 */
export function markDoneSql(view: string, key: string, fence: number, handlerName: string): string {
  const name = Buffer.from(JSON.stringify(handlerName)).toString('hex');
  return `INSERT INTO ${view} VALUES ('${key}', ${fence}, CAST(x'${name}' AS TEXT))`;
}
