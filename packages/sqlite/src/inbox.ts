import type { Inbox } from '@showpad-webhooks/core';
import { createStoreInbox, INBOX_DEFAULTS, type StoreInboxOptions } from '@showpad-webhooks/core/inbox';
import { checkKnown } from '@showpad-webhooks/core/shared';
import { type Connection, type ConnectionSource, connect } from './connection.ts';
import { createSqliteInboxStore } from './inbox-store.ts';
import type { SqliteSource } from './sqlite-handle.ts';

export type SqliteInboxOptions = SqliteSource &
  Omit<StoreInboxOptions, 'clock'> & {
    /**
     * Opens only an inbox that is there, and neither creates nor upgrades a file or a table. Use it in tools that look at the
     * inbox of an app. Default false.
     */
    readonly mustExist?: boolean;
  };

/**
 * A durable inbox in one SQLite file, for the processes of one machine. What was acknowledged survives a crash of the process,
 * and a crash of the machine if its disk keeps what was synced.
 *
 * With `database` it uses a handle that your app has open. It never changes the settings of that handle, and never closes it:
 * `start()` and `health()` report settings that could lose events.
 *
 * @throws TypeError for an option that is unknown or out of range. Error if the file cannot be opened, or a newer version of this
 * package made its tables. With `mustExist`, Error if there is no such inbox.
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
export function createSqliteInbox(options: SqliteInboxOptions): Inbox {
  const { file, database, mustExist, ...common } = options;
  checkKnown(options, { file, database, mustExist, ...INBOX_DEFAULTS, pollMs: true });
  const { name = INBOX_DEFAULTS.name } = common;
  const connection = connect({ file, database, mustExist } as ConnectionSource);
  if (mustExist) checkName(connection, name);
  const store = createSqliteInboxStore(connection, name);
  return createStoreInbox(store, { ...common, clock: connection.now });
}

/** An inbox without entries cannot be told from a wrong name, except by the other inboxes of the file. */
function checkName({ all, close }: Connection, name: string): void {
  const [found] = all('SELECT 1 FROM showpad_inbox WHERE inbox = ? LIMIT 1', name);
  const names = found
    ? []
    : all<{ inbox: string }>('SELECT DISTINCT inbox FROM showpad_inbox ORDER BY inbox LIMIT 20');
  if (names.length === 0) return;
  close();
  const others = names.map(({ inbox }) => JSON.stringify(inbox)).join(', ');
  throw new Error(`There is no inbox ${JSON.stringify(name)} in this file. The file has: ${others}.`);
}
