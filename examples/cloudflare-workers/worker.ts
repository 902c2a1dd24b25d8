// pnpm start runs the Worker, after pnpm build. Put SHOWPAD_SIGNATURE_KEY, the key that Showpad showed, into .dev.vars.
import { waitUntil } from 'cloudflare:workers';
import { createFetchHandler } from '@showpad-webhooks/fetch';

const receive = createFetchHandler({
  keys: () => process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  waitUntil, // A handler that outlives its timeout may end, although the response is out.
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});

export default {
  fetch(request: Request): Response | Promise<Response> {
    if (new URL(request.url).pathname === '/webhooks/showpad') return receive(request);
    return new Response('Not found', { status: 404 });
  },
};
