import { join } from 'node:path';
import { createReceiver, type Inbox, PermanentError, type Receiver } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { expect, onTestFinished } from 'vitest';
import { openFolder } from './command.ts';

export const KEY = 'inbox-key';
export const TYPE = 'shared-space-user-added';

export interface App {
  readonly receiver: Receiver;
  readonly inbox: Inbox;
  /** The ids of the events that the handler "crm" has handled. */
  readonly handled: readonly string[];
  deliver(id: string): Promise<void>;
  /** Resolves when the inbox has so many dead entries. */
  dead(count: number): Promise<void>;
  /** Lets the handler "crm" succeed from now on. */
  repair(): void;
  close(): Promise<void>;
}

/** An app that runs in this process, next to the command. Its CRM is down, and its audit log works. */
export async function startApp(inbox: Inbox): Promise<App> {
  const receiver = createReceiver({ keys: { label: 'crm', key: KEY }, inbox });
  const handled: string[] = [];
  let isDown = true;
  receiver.on(TYPE, async function audit() {});
  receiver.on(TYPE, async function crm({ id }) {
    if (isDown) throw new PermanentError('ECONNREFUSED \u001b[2Jcrm.example.com');
    handled.push(id);
  });
  receiver.onError(() => {});
  await receiver.start();
  onTestFinished(() => receiver.close({ timeoutMs: 0 }));
  return {
    receiver,
    inbox,
    handled,
    async deliver(id) {
      const { outcome } = await receiver.receive(signedDelivery(TYPE, { key: KEY, id }));
      expect(outcome).toBe('queued');
    },
    dead: (count) => expect.poll(async () => (await inbox.counts()).dead).toBe(count),
    repair() {
      isDown = false;
    },
    close: () => receiver.close({ timeoutMs: 0 }),
  };
}

/** An app with events in a SQLite file that its CRM did not take. */
export async function startSqliteApp(...ids: readonly string[]): Promise<App & { readonly store: string }> {
  const file = join(openFolder(), 'showpad.db');
  const app = await startApp(createSqliteInbox({ file, pollMs: 20 }));
  for (const id of ids) {
    await app.deliver(id);
    await app.dead(ids.indexOf(id) + 1); // So that their order is known.
  }
  return { ...app, store: `sqlite:${file}` };
}
