import { createFetchHandler } from '@showpad-webhooks/fetch';
import { H3, serve } from 'h3';

const receive = createFetchHandler({
  keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});

const app = new H3();
app.post('/webhooks/showpad', (event) => receive(event.req));
serve(app, { port: Number(process.env.PORT ?? 3000) });
