// pnpm start lets an emulated Showpad call the function, behind the server that runs it on Google Cloud.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { createEmulator } from '@showpad-webhooks/emulator';

process.env.SHOWPAD_SIGNATURE_KEY ??= 'a-signature-key';
const { showpadWebhooks } = await import('./google-cloud-function.ts');
http('showpadWebhooks', showpadWebhooks);
const server = getTestServer('showpadWebhooks').listen(0, '127.0.0.1');
await once(server, 'listening');

await using showpad = await createEmulator();
await showpad.subscriptions.create({
  name: 'Google Cloud Functions',
  types: ['shared-space-user-added'],
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  signatureKey: process.env.SHOWPAD_SIGNATURE_KEY,
});
await showpad.trigger('shared-space-user-added');
const first = await showpad.waitForDelivery();
console.log(`The function answered ${first.response?.status} ${first.response?.body}`);
await showpad.replay(first.id);
const again = await showpad.waitForDelivery();
console.log(
  `The function answered ${again.response?.status} ${again.response?.body} when the event came again`,
);
server.close();
