// pnpm start runs the app on PORT. Set SHOWPAD_SIGNATURE_KEY to the key that Showpad showed. Without one it makes up a key,
// and sends itself Showpad's documented sample to show what happens.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { signedDelivery } from '@showpad-webhooks/koa/testing';
import { createApp } from './app.ts';

const signatureKey = process.env.SHOWPAD_SIGNATURE_KEY ?? randomUUID();
const { app, receiver } = createApp({
  signatureKey,
  marketing: {
    startCampaign: async (email, campaign) => console.log(`Marketing: campaign "${campaign}" for ${email}`),
  },
  log: (line) => console.log(line),
});

const server = app.listen(Number(process.env.PORT ?? 3000));
await once(server, 'listening');
const url = `http://localhost:${(server.address() as AddressInfo).port}/webhooks/showpad`;
console.log(`A Koa app receives at ${url}`);

// On a deploy, accept no new connections and let running deliveries end.
process.once('SIGTERM', () => {
  server.close();
  void receiver.close();
});

if (process.env.SHOWPAD_SIGNATURE_KEY === undefined) {
  const { method, headers, body } = signedDelivery('shared-space-user-added', { key: signatureKey });
  const response = await fetch(url, { method, headers, body: new Uint8Array(body) });
  console.log(`A sample delivery was answered ${response.status} ${await response.text()}`);
}
