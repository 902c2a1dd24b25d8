import type { Inbox } from '@showpad-webhooks/core';
import { createStoreInbox, type StoreInboxOptions } from '@showpad-webhooks/core/inbox';
import { connect, type SqliteSource } from './connection.ts';
import { createSqliteInboxStore } from './inbox-store.ts';

export type SqliteInboxOptions = SqliteSource & StoreInboxOptions;

/**
 * A durable inbox in one SQLite file, for the processes of one machine: what was acknowledged survives a kill of
 * the process, and of the machine as far as its disk keeps what it was told to.
 *
 * @throws TypeError for an option out of range; Error where the file can't be opened, or a newer version made it.
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
  return createStoreInbox(createSqliteInboxStore(connection, options.name ?? 'default'), options);
}
