// pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed. Without one it makes up a key,
// and sends itself a sample while its CRM is down for two attempts.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/express/testing';
import { createApp } from './app.ts';

const isDemo = process.env.SHOWPAD_SIGNATURE_KEY === undefined;
const signatureKey = process.env.SHOWPAD_SIGNATURE_KEY ?? randomUUID();
const opsPassword = process.env.OPS_PASSWORD ?? randomUUID();
let failures = isDemo ? 2 : 0;

const { app, receiver, watch } = createApp({
  signatureKey,
  opsPassword,
  file: process.env.SHOWPAD_INBOX ?? 'showpad.db',
  addContact: async (email, sharedSpace) => {
    if (failures-- > 0) throw new Error('The CRM is down.');
    console.log(`CRM: added ${email} to "${sharedSpace}"`);
  },
  log: (line) => console.log(line),
});

await receiver.start(); // It begins with the events that were stored before.
const server = app.listen(Number(process.env.PORT ?? 3000));
await once(server, 'listening');
const url = `http://localhost:${(server.address() as AddressInfo).port}/webhooks/showpad`;
console.log(`Receiving at ${url}`);
console.log(`Inbox at ${new URL('/ops/webhooks', url)}, with any name and the password ${opsPassword}`);

// On a deploy, accept no new connections, let running handlers end, and leave the rest in the file.
process.once('SIGTERM', async () => {
  server.close();
  watch.close();
  await receiver.close();
});

if (isDemo) {
  const event = { ...sampleEvent('shared-space-user-added'), id: randomUUID() };
  const { method, headers, body } = signedDelivery(event, { key: signatureKey });
  const response = await fetch(url, { method, headers, body: new Uint8Array(body) });
  console.log(`A sample delivery was answered ${response.status} ${await response.text()}`);
}
