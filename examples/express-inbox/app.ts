import { type Receiver, showpadWebhooks } from '@showpad-webhooks/express';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import express, { type Express } from 'express';

export interface AppOptions {
  /** What this app does with events. Yours would call your CRM's API here. */
  readonly addContact: (email: string, sharedSpace: string) => Promise<void>;
  readonly signatureKey: string;
  /** Where events are kept until they are handled: beside the app's other data, not in its image. */
  readonly file: string;
  readonly log: (line: string) => void;
}

/** An app that loses no event to a CRM that is slow or down, nor to a deploy. */
export function createApp({ addContact, signatureKey, file, log }: AppOptions): {
  readonly app: Express;
  readonly receiver: Receiver;
} {
  const webhooks = showpadWebhooks(
    { keys: signatureKey, inbox: createSqliteInbox({ file, backoffMs: (attempt) => 500 * 2 ** attempt }) },
    { path: '/webhooks/showpad' },
  );
  webhooks.receiver
    .on('shared-space-user-added', async ({ data }, { attempt }) => {
      log(`attempt ${attempt} to add ${data.invitee.email}`);
      await addContact(data.invitee.email, data.sharedSpace.name);
    })
    .onError((error) => log(`${error.code}: ${error.message}. Cause: ${String(error.cause)}`))
    .onDeadLetter(({ event, error }) => log(`given up: ${event?.id}, ${error.message}. See "pnpm inbox".`));
  return { app: express().use(webhooks), receiver: webhooks.receiver };
}
