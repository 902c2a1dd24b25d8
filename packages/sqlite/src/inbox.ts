import type { Inbox } from '@showpad-webhooks/core';
import { createStoreInbox, INBOX_DEFAULTS, type StoreInboxOptions } from '@showpad-webhooks/core/inbox';
import { connect } from './connection.ts';
import { createSqliteInboxStore } from './inbox-store.ts';
import type { SqliteSource } from './sqlite-handle.ts';

export type SqliteInboxOptions = SqliteSource & Omit<StoreInboxOptions, 'clock'>;

/**
 * A durable inbox in one SQLite file, for the processes of one machine. What was acknowledged survives a crash of the process,
 * and a crash of the machine if its disk keeps what was synced.
 *
 * With `database` it uses a handle that your app has open. It never changes the settings of that handle, and never closes it:
 * `start()` and `health()` report settings that could lose events.
 *
 * @throws TypeError for an option that is out of range. Error if the file cannot be opened, or a newer version of this package
 * made its tables.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createSqliteInbox } from '@showpad-webhooks/sqlite';
 *
 * const receiver = createReceiver({ keys: 'a-signature-key', inbox: createSqliteInbox({ file: 'showpad.db' }) });
 * receiver.on('shared-space-user-added', async (event) => console.log(event.data.invitee.email));
 * await receiver.start();
 * process.once('SIGTERM', () => receiver.close());
 * ```
 */
export function createSqliteInbox({ file, database, ...options }: SqliteInboxOptions): Inbox {
  const connection = connect({ file, database } as SqliteSource);
  const store = createSqliteInboxStore(connection, options.name ?? INBOX_DEFAULTS.name);
  return createStoreInbox(store, { ...options, clock: connection.now });
}
