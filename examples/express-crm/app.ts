import {
  type DeadLetter,
  PermanentError,
  type Receiver,
  type ShowpadEventMap,
  showpadWebhooks,
} from '@showpad-webhooks/express';
import express, { type Express } from 'express';
import type { Crm } from './crm.ts';

export interface AppOptions {
  readonly crm: Crm;
  readonly signatureKey: string;
  /** Keeps what will not come again. Where it fails, Showpad is asked to try again. */
  readonly keep: (letter: DeadLetter<ShowpadEventMap>) => Promise<void>;
  readonly log: (line: string) => void;
}

export interface App {
  readonly app: Express;
  /** To close at shutdown. */
  readonly receiver: Receiver;
}

/** Brings what happens in Shared Spaces to the CRM. What fails is answered 5xx, so that Showpad tries again. */
export function createApp({ crm, signatureKey, keep, log }: AppOptions): App {
  const webhooks = showpadWebhooks({ keys: signatureKey }, { path: '/webhooks/showpad' });

  // Two handlers, so that a retry runs only the one that had not succeeded.
  webhooks.receiver
    .on('shared-space-user-added', async function addContact({ data }, { signal }) {
      const { email } = data.invitee;
      if (!email) throw new PermanentError('an invitee without an email address');
      await crm.upsertContact(email, { sharedSpace: data.sharedSpace.name }, signal);
    })
    .on('shared-space-user-added', async function moveDeal({ data }, { signal }) {
      await crm.upsertDeal(data.sharedSpace.id, { name: data.sharedSpace.name, stage: 'engaged' }, signal);
    })
    // Sets no stage: Showpad promises no order, and this may come after somebody was added.
    .on('shared-space-created', async function openDeal({ data }, { signal }) {
      const { id, name } = data.sharedSpace ?? {}; // Inferred fields: any may be missing.
      if (!id) throw new PermanentError('a Shared Space without an id');
      await crm.upsertDeal(id, name === undefined ? {} : { name }, signal);
    })
    .onRejected((error) => log(`${error.code}: ${error.message}. ${error.hint}`))
    .onError((error) => log(`${error.code}: ${error.message}. Cause: ${String(error.cause)}`))
    .onDeadLetter(keep);

  const app = express();
  app.use(webhooks); // Before any body parser, so that it has the exact bytes.
  app.use(express.json());
  return { app, receiver: webhooks.receiver };
}
