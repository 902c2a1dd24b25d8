import { showpadWebhooks } from '@showpad-webhooks/express';
import express, { type Express } from 'express';

/** What this app does with events. Your app would call the API of your CRM here. */
interface Crm {
  addContact(email: string, sharedSpace: string): Promise<void>;
  openDeal(sharedSpace: string): Promise<void>;
}

export interface AppOptions {
  readonly crm: Crm;
  /** Showpad shows it once, when you create the subscription. */
  readonly signatureKey: string;
  /** Gets what went wrong. Your app would pass its logger. */
  readonly warn: (message: string) => void;
}

export function createApp({ crm, signatureKey, warn }: AppOptions): Express {
  const app = express();

  const webhooks = showpadWebhooks({
    path: '/webhooks/showpad',
    keys: signatureKey,
    on: {
      'shared-space-user-added': ({ data }) => crm.addContact(data.invitee.email, data.sharedSpace.name),
      // The fields of this payload are inferred, so any of them may be missing.
      'shared-space-created': ({ data, id }) =>
        crm.openDeal(data.sharedSpace?.name ?? `space of event ${id}`),
    },
  });
  webhooks.receiver
    .onRejected((error) => warn(`${error.code}: ${error.message} ${error.hint}`))
    .onError((error) => warn(`${error.code}: ${error.message} ${error.hint} Cause: ${String(error.cause)}`));

  app.use(webhooks); // It comes before any body parser, so that it gets the exact bytes.
  app.use(express.json());
  app.get('/', (_req, res) => void res.send('The rest of the app.'));
  return app;
}
