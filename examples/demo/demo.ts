// npm run demo starts everything together: an app with an inbox, the page to operate it, and Showpad's side. It sends some
// events, and goes on until Ctrl-C.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDashboard } from '@showpad-webhooks/dashboard';
import { createEmulator } from '@showpad-webhooks/emulator';
import { PermanentError, showpadWebhooks } from '@showpad-webhooks/express';
import { sampleEvent } from '@showpad-webhooks/express/testing';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import express from 'express';

/** Ctrl-C, `kill`, or the terminal was closed. */
const interrupted = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
const folder = mkdtempSync(join(tmpdir(), 'showpad-webhooks-demo-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const emulator = await createEmulator();
const { signatureKey, id } = await emulator.subscriptions.create({
  name: 'The app of this demo',
  types: ['shared-space-user-added', 'shared-space-created'],
  url: 'http://127.0.0.1/', // The app has no address yet.
});

// The app. It stores each event before it answers, and handles it from there.
const inbox = createSqliteInbox({ file: join(folder, 'showpad.db'), backoff: (attempt) => 1_000 * attempt });
const webhooks = showpadWebhooks({ path: '/webhooks/showpad', keys: signatureKey, inbox });
let failures = 2;
webhooks.receiver
  .on('shared-space-user-added', function crm({ data }) {
    const { email } = data.invitee;
    if (!email.includes('@')) throw new PermanentError('The CRM takes no contact without an email address.');
    console.log(`CRM: added ${email} to "${data.sharedSpace.name}"`);
  })
  .on('shared-space-created', function warehouse() {
    if (failures-- > 0) throw new Error('The warehouse is down for a moment.');
    console.log('Warehouse: counted a Shared Space');
  })
  .onError(({ message, cause }) => console.log(`${message} ${(cause as Error).message}`))
  .onDeadLetter(({ event }) => console.log(`Event ${event?.id} is dead. See the dashboard.`));

const dashboard = createDashboard({ inbox, authorize: () => 'demo', onAudit: () => {} });
const server = express().use(webhooks).use('/inbox', dashboard).listen(0, '127.0.0.1');
await once(server, 'listening');
await webhooks.receiver.start();
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
await emulator.subscriptions.update(id, { url: `${url}/webhooks/showpad` });

console.log(`
The app receives at    ${url}/webhooks/showpad
Its inbox, on a page   ${url}/inbox
Showpad's Admin page   ${emulator.url}   (send events, and break deliveries)

Ctrl-C stops it all.
`);

const { data } = sampleEvent('shared-space-user-added');
await emulator.trigger('shared-space-user-added');
await emulator.trigger('shared-space-created');
await emulator.trigger('shared-space-user-added', {
  data: { ...data, invitee: { ...data.invitee, email: 'nobody' } },
});

await interrupted;
console.log('\nStopping …');
server.close();
server.closeAllConnections();
await webhooks.receiver.close();
dashboard.close();
await emulator.close();
