import { type DeadLetter, PermanentError, type Receiver, showpadWebhooks } from '@showpad-webhooks/express';
import express, { type Express } from 'express';
import type { Crm } from './crm.ts';

export interface AppOptions {
  readonly crm: Crm;
  readonly signatureKey: string;
  /** Stores events that Showpad will not send again. If it fails, Showpad is asked to retry. */
  readonly keep: (letter: DeadLetter) => Promise<void>;
  readonly log: (line: string) => void;
}

export interface App {
  readonly app: Express;
  /** Close it at shutdown. */
  readonly receiver: Receiver;
}

/** Tells the CRM what happens in Shared Spaces. If that fails, the answer is a 5xx, so that Showpad retries. */
export function createApp({ crm, signatureKey, keep, log }: AppOptions): App {
  const webhooks = showpadWebhooks({ path: '/webhooks/showpad', keys: signatureKey });

  // There are two handlers, so that a retry runs only the one that failed.
  webhooks.receiver
    .on('shared-space-user-added', async function addContact({ data }, { signal }) {
      const { email } = data.invitee;
      if (!email) throw new PermanentError('The invitee has no email address.');
      await crm.upsertContact(email, { sharedSpace: data.sharedSpace.name }, signal);
    })
    .on('shared-space-user-added', async function moveDeal({ data }, { signal }) {
      await crm.upsertDeal(data.sharedSpace.id, { name: data.sharedSpace.name, stage: 'engaged' }, signal);
    })
    // It sets no stage, because Showpad promises no order: somebody may have been added before this event arrives.
    .on('shared-space-created', async function openDeal({ data }, { signal }) {
      const { id, name } = data.sharedSpace ?? {}; // These fields are inferred, so any may be missing.
      if (!id) throw new PermanentError('The Shared Space has no id.');
      await crm.upsertDeal(id, name === undefined ? {} : { name }, signal);
    })
    .onRejected((error) => log(`${error.code}: ${error.message} ${error.hint}`))
    .onError((error) => log(`${error.code}: ${error.message} Cause: ${String(error.cause)}`))
    .onDeadLetter(keep);

  const app = express();
  app.use(webhooks); // It comes before any body parser, so that it gets the exact bytes.
  app.use(express.json());
  return { app, receiver: webhooks.receiver };
}
