// pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed.
import { createReceiver } from '@showpad-webhooks/core';
import fastify from 'fastify';
import { showpadWebhooks } from './adapter.ts';

const receiver = createReceiver({
  keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});
const app = fastify();
app.addHook('onRequest', showpadWebhooks({ path: '/webhooks/showpad', receiver }));
await app.listen({ port: Number(process.env.PORT ?? 3000) });

process.once('SIGTERM', async () => {
  await app.close();
  await receiver.close();
});
