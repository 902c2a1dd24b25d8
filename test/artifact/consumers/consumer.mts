// A TypeScript app writes this, and must get the documented types and not any.
import { createServer } from 'node:http';
import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import { createClient } from '@showpad-webhooks/client';
import { createReceiver, type Inbox, type ShowpadEvent } from '@showpad-webhooks/core';
import { createNodeHandler, readBody } from '@showpad-webhooks/core/node';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { createDashboard } from '@showpad-webhooks/dashboard';
import { createEmulator } from '@showpad-webhooks/emulator';
import { showpadHandler, showpadWebhooks } from '@showpad-webhooks/express';
import { createTelemetry } from '@showpad-webhooks/otel';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import express from 'express';

declare module '@showpad-webhooks/core' {
  interface ShowpadEventMap {
    'asset-viewed': { assetId: string };
  }
}

const receiver = createReceiver({ keys: 'key', telemetry: createTelemetry() });
receiver.on('shared-space-user-added', (event) => {
  const email: string = event.data.invitee.email;
  // @ts-expect-error an email is not a number
  const wrong: number = event.data.invitee.email;
  return [email, wrong];
});
receiver.on('asset-viewed', (event) => event.data.assetId.toUpperCase());
// @ts-expect-error the type is misspelt
receiver.on('asset-seen', () => {});

export function nameOf(event: ShowpadEvent): string | undefined {
  return event.type === 'shared-space-created' ? event.data.sharedSpace?.name : event.type;
}

const path = '/webhooks/showpad';
express()
  .use(showpadWebhooks({ path, receiver }))
  .use(showpadWebhooks({ path: '/other', keys: 'key', name: 'other' }))
  .post('/route', showpadHandler(receiver));
// @ts-expect-error without a path it would answer every request
showpadWebhooks({ keys: 'key' });
// @ts-expect-error an inbox takes the place of a ledger
createReceiver({ keys: 'key', ledger: false, inbox: createSqliteInbox({ file: 'showpad.db' }) });
export const delivery = signedDelivery('asset-viewed', { key: 'key', data: { assetId: '1' } });
createServer(createNodeHandler({ path, receiver }));
export const bytes: Promise<Uint8Array> = readBody({} as Parameters<typeof readBody>[0], 1);
export const inboxes: readonly Inbox[] = [
  createSqliteInbox({ file: 'showpad.db', maxAttempts: 3 }),
  createBullmqInbox({ connection: { host: 'redis' } }),
];
// @ts-expect-error there is neither Redis nor Postgres
createBullmqInbox({ maxAttempts: 3 });

const inbox = createSqliteInbox({ file: 'showpad.db' });
const authorize = (request: express.Request) => request.get('x-user');
express().use('/ops/webhooks', createDashboard({ inbox, authorize }));
// @ts-expect-error without authorize everybody would get in
createDashboard({ inbox });

export async function statusOfFirst(): Promise<number | undefined> {
  const emulator = await createEmulator({ clock: 'manual' });
  // @ts-expect-error there is no such clock
  await createEmulator({ clock: 'fast' });
  return (await emulator.waitForDelivery({ number: 1 })).response?.status;
}

export async function keyOfNew(): Promise<string> {
  const { subscriptions } = createClient({
    subdomain: 'acme',
    auth: { type: 'personal-token', token: 'a-token' },
  });
  // @ts-expect-error saveKey is missing, so the key would be lost
  await subscriptions.ensure({ types: ['asset-viewed'], url: 'https://app/' }, {});
  return (await subscriptions.create({ name: 'app', types: ['asset-viewed'], url: 'https://app/' }))
    .signatureKey;
}
