import type { StoreClaim } from '@showpad-webhooks/core/inbox';
import type { PostgresClient, PostgresPool } from './pool.ts';

/** The ESM and the CJS build of this package may meet, so the mark is the same in both. */
export const TRANSACTIONS: unique symbol = Symbol.for('@showpad-webhooks/postgres');

/** A store that can note in a transaction of the app that a handler is done. */
export interface TransactionalStore {
  readonly [TRANSACTIONS]: {
    readonly pool: PostgresPool;
    /** False: another process has taken the event over. */
    readonly checkpoint: (client: PostgresClient, claim: StoreClaim, handlerName: string) => Promise<boolean>;
  };
}
