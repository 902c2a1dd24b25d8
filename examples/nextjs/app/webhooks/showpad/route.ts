import { createFetchHandler } from '@showpad-webhooks/fetch';

export const POST = createFetchHandler({
  keys: () => process.env.SHOWPAD_SIGNATURE_KEY ?? '', // a function, because the app is built without the key
  on: { 'shared-space-user-added': ({ data }) => console.log(`${data.invitee.email} joined`) },
});
