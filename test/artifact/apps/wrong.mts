import { createReceiver } from '@showpad-webhooks/express';

const receiver = createReceiver({ keys: 'a-signature-key' });
receiver.on('shared-space-user-added', ({ data }) => console.log(data.invitee.emial));
receiver.on('shared-space-user-added', (event: { email: string }) => console.log(event.email));
