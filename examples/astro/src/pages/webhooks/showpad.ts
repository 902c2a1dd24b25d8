import { createFetchHandler } from '@showpad-webhooks/fetch';
import type { APIRoute } from 'astro';

const receive = createFetchHandler({
  keys: () => process.env.SHOWPAD_SIGNATURE_KEY ?? '', // a function, because the app is built without the key
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});

export const POST: APIRoute = ({ request }) => receive(request);
