// pnpm start: the app on PORT, with the key that Showpad showed in SHOWPAD_SIGNATURE_KEY.
import { createReceiver } from '@showpad-webhooks/core';
import fastify from 'fastify';
import { showpadWebhooks } from './adapter.ts';

const receiver = createReceiver({
  keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});
const app = fastify().addHook('onRequest', showpadWebhooks(receiver, { path: '/webhooks/showpad' }));
await app.listen({ port: Number(process.env.PORT ?? 3000) });

process.once('SIGTERM', () => app.close().then(() => receiver.close()));
