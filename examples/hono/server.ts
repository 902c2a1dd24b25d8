// pnpm start runs the app on Bun. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed.
import { createFetchHandler } from '@showpad-webhooks/fetch';
import { Hono } from 'hono';

const receive = createFetchHandler({
  keys: () => process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});

const app: Hono = new Hono();
app.post('/webhooks/showpad', ({ req }) => receive(req.raw));

export default app; // Bun, Deno and Cloudflare Workers serve it.
