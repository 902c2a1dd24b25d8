// pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed.
import { createFetchHandler } from '@showpad-webhooks/fetch';
import { Elysia } from 'elysia';

const receive = createFetchHandler({
  keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});

new Elysia()
  .post('/webhooks/showpad', ({ request }) => receive(request), { parse: 'none' }) // The webhook reads the body itself.
  .listen(process.env.PORT ?? 3000, ({ url }) => console.log(`Listening on ${url}`));
