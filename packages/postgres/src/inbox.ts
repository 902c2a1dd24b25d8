import type { Inbox } from '@showpad-webhooks/core';
import { createStoreInbox, INBOX_DEFAULTS, type StoreInboxOptions } from '@showpad-webhooks/core/inbox';
import { checkKnown } from '@showpad-webhooks/core/shared';
import { connect, type Database } from './database.ts';
import { createPostgresInboxStore } from './inbox-store.ts';
import type { PostgresSource } from './pool.ts';

export type PostgresInboxOptions = PostgresSource &
  Omit<StoreInboxOptions, 'clock'> & {
    /**
     * Uses only an inbox that is there, and creates and upgrades nothing. Use it in tools that look at the inbox of an app. Calls
     * reject if there is no such inbox. Default false.
     */
    readonly mustExist?: boolean;
  };

/**
 * A durable inbox in your own Postgres, for the processes of many machines. What was acknowledged is as durable as what your app
 * commits there. It uses the pool of your app and never closes it: close the pool after the receiver.
 *
 * With `inTransaction` a handler commits what it writes together with the note that it is done, so its effect is there exactly
 * once.
 *
 * @throws TypeError for an option that is unknown or out of range.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createPostgresInbox } from '@showpad-webhooks/postgres';
 * import pg from 'pg';
 *
 * const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
 * const receiver = createReceiver({ keys: 'a-signature-key', inbox: createPostgresInbox({ pool }) });
 * receiver.on('shared-space-user-added', async (event) => console.log(event.data.invitee.email));
 * process.once('SIGTERM', async () => {
 *   await receiver.close();
 *   await pool.end();
 * });
 * ```
 */
export function createPostgresInbox(options: PostgresInboxOptions): Inbox {
  const { pool, schema, mustExist = false, migrate = true, ...common } = options;
  checkKnown(options, { pool, schema, mustExist, migrate, ...INBOX_DEFAULTS, pollMs: true });
  const { name = INBOX_DEFAULTS.name } = common;
  const source = { pool, ...(schema !== undefined && { schema }), migrate: migrate && !mustExist };
  const database = connect(source, mustExist ? (found) => checkName(found, name) : undefined);
  const store = createPostgresInboxStore(database, name);
  const inbox = createStoreInbox(store, { ...common, clock: database.clock.nowMs });
  /** These read the clock before they call the store. */
  return {
    ...inbox,
    async put(entry) {
      await database.ready();
      return inbox.put(entry);
    },
    async retry(target) {
      await database.ready();
      return inbox.retry(target);
    },
    async erase(predicate, options) {
      await database.ready();
      return inbox.erase(predicate, options);
    },
    async purge() {
      await database.ready();
      return inbox.purge();
    },
  };
}

/** An inbox without entries cannot be told from a wrong name, except by the other inboxes that are there. */
async function checkName({ all, schema }: Pick<Database, 'all' | 'schema'>, name: string): Promise<void> {
  const found = await all(`SELECT 1 FROM ${schema}.inbox WHERE inbox = $1 LIMIT 1`, [name]);
  if (found.length > 0) return;
  const names = await all<{ inbox: string }>(
    `SELECT DISTINCT inbox FROM ${schema}.inbox ORDER BY inbox LIMIT 20`,
    [],
  );
  if (names.length === 0) return;
  const others = names.map(({ inbox }) => JSON.stringify(inbox)).join(', ');
  throw new Error(`There is no inbox ${JSON.stringify(name)} in this database. It has: ${others}.`);
}
