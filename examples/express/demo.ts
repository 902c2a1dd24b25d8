// pnpm demo [--keep] starts the app, sends it deliveries as Showpad would, and shows what it does with each.
import type { AddressInfo } from 'node:net';
import {
  type EventJson,
  type SignedDelivery,
  sampleEvent,
  signedDelivery,
} from '@showpad-webhooks/express/testing';
import { createApp } from './app.ts';

const SIGNATURE_KEY = 'demo-signature-key';
const did: string[] = [];
let dealsToFail = 1;

const app = createApp({
  signatureKey: SIGNATURE_KEY,
  crm: {
    addContact: async (email, sharedSpace) => void did.push(`CRM: added ${email} to "${sharedSpace}"`),
    openDeal: async (sharedSpace) => {
      if (dealsToFail-- > 0) throw new Error('The CRM is down for a moment.');
      did.push(`CRM: opened a deal for "${sharedSpace}"`);
    },
  },
  warn: (message) => void did.push(message),
});
const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/showpad`;
console.log(`An Express app receives at ${url}`);

let failures = 0;

async function deliver(
  title: string,
  { method, headers, body }: SignedDelivery,
  expected: string,
): Promise<void> {
  const response = await fetch(url, { method, headers, body: new Uint8Array(body) });
  const answer = `${response.status} ${await response.text()}`;
  console.log(`\n${title}`);
  console.log(`  sent    ${method}, ${body.byteLength} bytes`);
  for (const line of did.splice(0)) console.log(`  app     ${line}`);
  console.log(`  answer  ${answer}`);
  if (answer === expected) return;
  failures++;
  console.log(`  expected ${expected}`);
}

const signed = (source: string | EventJson, options: { key?: string; timestampSeconds?: number } = {}) =>
  signedDelivery(source, { key: SIGNATURE_KEY, ...options });

const sample = sampleEvent('shared-space-user-added');
const created = sampleEvent('shared-space-created');
const tenMinutesAgo = Math.floor(Date.now() / 1000) - 600;

await deliver('1. Showpad’s documented sample, signed', signed(sample), '200 {"outcome":"handled"}');
await deliver(
  '2. The same event again, as after a response that was lost',
  signed(sample),
  '200 {"outcome":"duplicate"}',
);
await deliver(
  '3. A delivery that is signed with a wrong key',
  signed('shared-space-user-added', { key: 'guessed' }),
  '401 {"outcome":"rejected","code":"SIGNATURE_MISMATCH"}',
);
await deliver(
  '4. A captured delivery, replayed ten minutes later',
  signed('shared-space-user-added', { timestampSeconds: tenMinutesAgo }),
  '401 {"outcome":"rejected","code":"TIMESTAMP_TOO_OLD"}',
);
await deliver(
  '5. An event whose handler fails: the answer is a 5xx, so Showpad retries',
  signed(created),
  '500 {"outcome":"failed","code":"HANDLER_FAILED"}',
);
await deliver('6. Showpad’s retry of that event', signed(created), '200 {"outcome":"handled"}');

console.log(failures === 0 ? '\nAll answers are as expected.' : `\n${failures} answers are not as expected.`);
if (process.argv.includes('--keep')) {
  console.log(
    `\nThe app keeps running at ${url}, with the signature key "${SIGNATURE_KEY}". Ctrl-C ends it.`,
  );
} else {
  server.close();
  server.closeAllConnections();
}
process.exitCode = failures === 0 ? 0 : 1;
