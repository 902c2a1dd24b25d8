import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { showpadWebhooks } from '@showpad-webhooks/express';
import express, { type Express } from 'express';

export interface AppOptions {
  /** The file for the line that the Admin page shows for a new webhook. */
  readonly envFile: string;
  readonly addContact: (email: string) => Promise<void>;
  readonly log: (line: string) => void;
}

export function createApp({ envFile, addContact, log }: AppOptions): Express {
  const webhooks = showpadWebhooks({
    path: '/webhooks/showpad',
    // The file is read for each delivery, so a key works as soon as it is pasted. Until then the answer is 503, and Showpad retries.
    keys: async () => parseEnv(await readFile(envFile, 'utf8')).SHOWPAD_SIGNATURE_KEY ?? [],
    on: {
      'shared-space-user-added': async ({ data }, { attempt }) => {
        log(`attempt ${attempt}: adding ${data.invitee.email}`);
        await addContact(data.invitee.email);
      },
    },
  });
  webhooks.receiver
    .onRejected((error) => log(`${error.code}: ${error.message} ${error.hint}`))
    .onError((error) => log(`${error.code}: ${error.message} ${error.hint}`));
  return express().use(webhooks);
}
