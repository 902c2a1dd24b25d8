import type { Inbox } from '@showpad-webhooks/core';
import { createStoreInbox, INBOX_DEFAULTS, type StoreInboxOptions } from '@showpad-webhooks/core/inbox';
import { connect } from './database.ts';
import { createPostgresInboxStore } from './inbox-store.ts';
import type { PostgresSource } from './pool.ts';

export type PostgresInboxOptions = PostgresSource & Omit<StoreInboxOptions, 'clock'>;

/**
 * A durable inbox in your own Postgres, for the processes of many machines. What was acknowledged is as durable as what your app
 * commits there. It uses the pool of your app and never closes it: close the pool after the receiver.
 *
 * With `inTransaction` a handler commits what it writes together with the note that it is done, so its effect is there exactly
 * once.
 *
 * @throws TypeError for an option that is out of range.
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
export function createPostgresInbox({ pool, schema, migrate, ...options }: PostgresInboxOptions): Inbox {
  const source = { pool, ...(schema !== undefined && { schema }), ...(migrate !== undefined && { migrate }) };
  const database = connect(source);
  const store = createPostgresInboxStore(database, options.name ?? INBOX_DEFAULTS.name);
  const inbox = createStoreInbox(store, { ...options, clock: database.clock.nowMs });
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
    async purge() {
      await database.ready();
      return inbox.purge();
    },
  };
}
