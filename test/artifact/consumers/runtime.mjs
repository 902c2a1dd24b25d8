// This loads every entry point as an ES module, and sends one delivery through each framework.
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import { createClient } from '@showpad-webhooks/client';
import * as core from '@showpad-webhooks/core';
import { explainMismatch } from '@showpad-webhooks/core/explain';
import { createStoreInbox } from '@showpad-webhooks/core/inbox';
import { createNodeHandler } from '@showpad-webhooks/core/node';
import { INBOX_STATES } from '@showpad-webhooks/core/operations';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { createDashboard } from '@showpad-webhooks/dashboard';
import { createEmulator } from '@showpad-webhooks/emulator';
import * as expressAdapter from '@showpad-webhooks/express';
import * as koaAdapter from '@showpad-webhooks/koa';
import * as nestAdapter from '@showpad-webhooks/nestjs';
import { createTelemetry, observeInbox } from '@showpad-webhooks/otel';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import express from 'express';
import Koa from 'koa';

const path = '/webhooks/showpad';
const options = { keys: 'key', on: { 'shared-space-created': () => {} } };

for (const app of [
  express().use(expressAdapter.showpadWebhooks({ path, ...options })),
  express().post(path, expressAdapter.showpadHandler(options)),
  new Koa().use(koaAdapter.showpadWebhooks({ path, ...options })),
  createServer(createNodeHandler({ path, ...options })),
]) {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { method, headers, body } = signedDelivery('shared-space-created', { key: 'key' });
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { method, headers, body });
  assert.deepEqual([response.status, await response.json()], [200, { outcome: 'handled' }]);
  server.close();
}

// All adapters share one copy of core, and its ESM and CJS builds know each other's errors.
assert.equal(expressAdapter.createReceiver, core.createReceiver);
assert.equal(koaAdapter.ShowpadWebhookError, nestAdapter.ShowpadWebhookError);
const common = createRequire(import.meta.url)('@showpad-webhooks/core');
assert.notEqual(common.ShowpadWebhookError, core.ShowpadWebhookError);
assert.ok(core.ShowpadWebhookError.isInstance(new common.ShowpadWebhookError('CLOSED', '', { hint: '' })));
assert.ok(common.PermanentError.isInstance(new core.PermanentError()));
const receiver = common.createReceiver({
  keys: 'key',
  on: {
    x: () => {
      throw new core.PermanentError();
    },
  },
});
assert.equal((await receiver.receive(signedDelivery('x', { key: 'key', data: {} }))).response.status, 422);

const inbox = createSqliteInbox({ file: ':memory:' });
const queued = core.createReceiver({ keys: 'key', inbox });
const handled = new Promise((resolve) => queued.on('shared-space-created', resolve));
await queued.start();
assert.equal(
  (await queued.receive(signedDelivery('shared-space-created', { key: 'key' }))).outcome,
  'queued',
);
await handled;
await queued.close();

const dashboard = createDashboard({ inbox: createMemoryInbox(), authorize: 'anyone' });
const script = await dashboard.fetch(new Request('http://localhost/ops/webhooks/dashboard.js'));
assert.equal(script.status, 200);
dashboard.close();
assert.equal(INBOX_STATES.length, 4);

const emulator = await createEmulator();
const page = await fetch(emulator.url);
assert.match(await page.text(), /<script type="module"[^>]* src="\.\/admin\.js">/);
const openapi = await fetch(`${emulator.url}/__emulator/openapi.json`);
assert.equal((await openapi.json()).openapi, '3.1.0');
const client = createClient({
  baseUrl: `${emulator.url}/webhooks/v1`,
  auth: { type: 'personal-token', token: emulator.accessToken },
});
const wanted = { name: 'app', types: ['x'], url: 'http://127.0.0.1:1/' };
assert.ok((await client.subscriptions.create(wanted)).signatureKey.length > 0);
await emulator.close();

// The explainer is loaded only if it is needed.
assert.equal(typeof explainMismatch, 'function');
const explaining = core.createReceiver({ keys: 'key', explainMismatches: true });
const sound = signedDelivery('x', { key: 'key', data: {} });
const padded = { ...sound, body: Buffer.concat([sound.body, Buffer.from('\n')]) };
assert.match((await explaining.receive(padded)).error.hint, /without the line breaks at its end/);
assert.equal((await explaining.health()).isReady, true);

const traced = core.createReceiver({ ...options, telemetry: createTelemetry() });
assert.equal(
  (await traced.receive(signedDelivery('shared-space-created', { key: 'key' }))).outcome,
  'handled',
);
assert.equal(typeof observeInbox, 'function');

assert.equal(typeof createBullmqInbox, 'function');
assert.equal(typeof createStoreInbox, 'function');
assert.equal(typeof nestAdapter.ShowpadWebhooksModule.forRoot, 'function');
console.log('ok');
