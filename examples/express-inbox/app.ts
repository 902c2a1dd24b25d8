import { type InboxWatch, watchInbox } from '@showpad-webhooks/core/watch';
import { createDashboard } from '@showpad-webhooks/dashboard';
import { type Receiver, showpadWebhooks } from '@showpad-webhooks/express';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import express, { type Express } from 'express';
import { type LoggedIn, requireLogin } from './login.ts';

export interface AppOptions {
  /** What this app does with events. Your app would call the API of your CRM here. */
  readonly addContact: (email: string, sharedSpace: string) => Promise<void>;
  readonly signatureKey: string;
  /** The file for events until they are handled. Keep it with the app's other data, and not in its image. */
  readonly file: string;
  /** Whoever knows it may see and fix what the inbox holds, at `/ops/webhooks`. */
  readonly opsPassword: string;
  readonly log: (line: string) => void;
}

/** An app that loses no event if its CRM is slow or down, and none during a deploy. */
export function createApp({ addContact, signatureKey, file, opsPassword, log }: AppOptions): {
  readonly app: Express;
  readonly receiver: Receiver;
  readonly watch: InboxWatch;
} {
  const inbox = createSqliteInbox({ file, backoff: (attempt) => 500 * 2 ** attempt });
  const webhooks = showpadWebhooks({ path: '/webhooks/showpad', keys: signatureKey, inbox });
  webhooks.receiver
    .on('shared-space-user-added', async ({ data }, { attempt }) => {
      log(`attempt ${attempt} to add ${data.invitee.email}`);
      await addContact(data.invitee.email, data.sharedSpace.name);
    })
    .onError((error) => log(`${error.code}: ${error.message} Cause: ${String(error.cause)}`))
    .onDeadLetter(({ event, error }) =>
      log(`Event ${event?.id} is dead: ${error.message} See "pnpm inbox", or the page /ops/webhooks.`),
    );
  // Your app would tell whoever is on call, for example in Slack.
  const watch = watchInbox(inbox, { notify: ({ state, text }) => log(`Alert ${state}: ${text}`) });
  const dashboard = createDashboard({ inbox, authorize: (request: LoggedIn) => request.user });
  const app = express().use(webhooks).use('/ops/webhooks', requireLogin(opsPassword), dashboard);
  return { app, receiver: webhooks.receiver, watch };
}
