import { showpadWebhooks } from '@showpad-webhooks/express';
import express, { type Express } from 'express';

/** What this app does with events. Yours would call your CRM's API here. */
interface Crm {
  addContact(email: string, sharedSpace: string): Promise<void>;
  openDeal(sharedSpace: string): Promise<void>;
}

export interface AppOptions {
  readonly crm: Crm;
  /** Showpad shows it once, when the subscription is created. */
  readonly signatureKey: string;
  /** Where to tell what went wrong: your logger. */
  readonly warn: (message: string) => void;
}

export function createApp({ crm, signatureKey, warn }: AppOptions): Express {
  const app = express();

  const webhooks = showpadWebhooks(
    {
      keys: signatureKey,
      on: {
        'shared-space-user-added': ({ data }) => crm.addContact(data.invitee.email, data.sharedSpace.name),
        // This payload's fields are inferred, so any of them may be missing.
        'shared-space-created': ({ data, id }) =>
          crm.openDeal(data.sharedSpace?.name ?? `space of event ${id}`),
      },
    },
    { path: '/webhooks/showpad' },
  );
  webhooks.receiver
    .onRejected((error) => warn(`${error.code}: ${error.message}. ${error.hint}`))
    .onError((error) => warn(`${error.code}: ${error.message}. ${error.hint} Cause: ${String(error.cause)}`));

  app.use(webhooks); // Before any body parser, so that it has the exact bytes.
  app.use(express.json());
  app.get('/', (_req, res) => void res.send('The rest of the app.'));
  return app;
}
