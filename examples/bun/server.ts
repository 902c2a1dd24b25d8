// pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed.
import { createFetchHandler } from '@showpad-webhooks/fetch';

const receive = createFetchHandler({
  keys: process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});

// Bun serves what the main file exports.
export default {
  fetch(request: Request): Response | Promise<Response> {
    if (new URL(request.url).pathname === '/webhooks/showpad') return receive(request);
    return new Response('Not found', { status: 404 });
  },
};
