import type { Inbox } from '@showpad-webhooks/core';
import type { InboxOptions } from '@showpad-webhooks/core/inbox';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';

/** Where an inbox keeps its entries, as a child process is told. */
export interface Target {
  readonly engine: 'sqlite';
  readonly address: string;
}

/** Opens the one inbox that all processes of a test share. */
export function openInbox({ address }: Target, options: InboxOptions = {}): Inbox {
  return createSqliteInbox({ file: address, ...options });
}
