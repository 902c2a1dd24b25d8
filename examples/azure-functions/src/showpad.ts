import { app, type HttpHandler } from '@azure/functions';
import { createFetchHandler } from '@showpad-webhooks/fetch';

const receive = createFetchHandler({
  keys: () => process.env.SHOWPAD_SIGNATURE_KEY ?? '',
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});

export const showpad: HttpHandler = (request) => receive(request);

app.http('showpad', {
  route: 'webhooks/showpad',
  methods: ['POST'],
  authLevel: 'anonymous', // The signature says who may send.
  handler: showpad,
});
