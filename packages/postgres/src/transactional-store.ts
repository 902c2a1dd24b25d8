import type { StoreClaim } from '@showpad-webhooks/core/inbox';
import type { PostgresPool } from './pool.ts';

/** The ESM and the CJS build of this package may meet, so the mark is the same in both. */
export const TRANSACTIONS: unique symbol = Symbol.for('@showpad-webhooks/postgres');

/** A store that can note in a transaction of the app that a handler is done. */
export interface TransactionalStore {
  readonly [TRANSACTIONS]: {
    readonly pool: PostgresPool;
    /** The statement that notes it. It fails if another process has taken the event over. */
    readonly markDoneSql: (claim: StoreClaim, handlerName: string) => string;
  };
}

/**
 * Each library writes parameters in its own way, so the statement has none. The key is base64url, and the name is passed as hex,
 * because it may have any characters.
 */
export function markDoneSql(sqlFunction: string, key: string, fence: number, handlerName: string): string {
  const name = Buffer.from(JSON.stringify(handlerName)).toString('hex');
  return `SELECT ${sqlFunction}('${key}', ${fence}, convert_from(decode('${name}', 'hex'), 'UTF8'))`;
}
