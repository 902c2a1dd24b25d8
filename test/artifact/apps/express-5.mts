import { appendFile } from 'node:fs/promises';
import { createReceiver, PermanentError, showpadWebhooks } from '@showpad-webhooks/express';
import express from 'express';

const receiver = createReceiver({ keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '' });

receiver.on('shared-space-user-added', ({ data }) => {
  if (process.env.CRM === 'down') throw new Error('The CRM is down.');
  if (process.env.CRM === 'full') throw new PermanentError('The CRM takes no more contacts.');
  console.log(`added ${data.invitee.email}`);
});

// As in the quick start.
receiver.onDeadLetter(async ({ reason, headers, rawBody }) => {
  const letter = { reason, headers, body: Buffer.from(rawBody).toString('base64') };
  await appendFile('dead-letters.jsonl', `${JSON.stringify(letter)}\n`, { mode: 0o600 });
});

const app = express();
app.use(showpadWebhooks({ path: '/webhooks/showpad', receiver }));
app.listen(3000);
