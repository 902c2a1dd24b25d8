// This loads every entry point by require.
const assert = require('node:assert/strict');
const core = require('@showpad-webhooks/core');
const { createNodeHandler, readBody } = require('@showpad-webhooks/core/node');
const { signedDelivery } = require('@showpad-webhooks/core/testing');
const adapters = ['express', 'koa', 'nestjs'].map((name) => require(`@showpad-webhooks/${name}`));

for (const adapter of adapters) assert.equal(adapter.createReceiver, core.createReceiver);
for (const name of ['express', 'koa', 'nestjs']) {
  assert.equal(require(`@showpad-webhooks/${name}/testing`).signedDelivery, signedDelivery);
}
assert.equal(typeof readBody, 'function');
assert.equal(typeof createNodeHandler, 'function');
for (const name of ['express', 'koa']) {
  assert.equal(typeof require(`@showpad-webhooks/${name}`).showpadHandler, 'function');
}

assert.equal(typeof require('@showpad-webhooks/client').createClient, 'function');
assert.equal(typeof require('@showpad-webhooks/bullmq').createBullmqInbox, 'function');

async function main() {
  const receiver = core.createReceiver({ keys: 'key', on: { 'shared-space-created': () => {} } });
  const delivery = signedDelivery('shared-space-created', { key: 'key' });
  assert.equal((await receiver.receive(delivery)).outcome, 'handled');

  const inbox = require('@showpad-webhooks/sqlite').createSqliteInbox({ file: ':memory:' });
  const queued = core.createReceiver({ keys: 'key', inbox });
  const handled = new Promise((resolve) => queued.on('shared-space-created', resolve));
  await queued.start();
  assert.equal((await queued.receive(delivery)).outcome, 'queued');
  await handled;
  await queued.close();

  const dashboard = require('@showpad-webhooks/dashboard').createDashboard({ inbox, authorize: 'anyone' });
  assert.equal((await dashboard.fetch(new Request('http://localhost/ops/webhooks'))).status, 200);
  dashboard.close();
  assert.equal(require('@showpad-webhooks/core/operations').INBOX_STATES.length, 4);

  const emulator = await require('@showpad-webhooks/emulator').createEmulator();
  assert.match(await (await fetch(emulator.url)).text(), /admin\.js/);
  await emulator.close();
  const explaining = core.createReceiver({ keys: 'key', explainMismatches: true });
  const padded = { ...delivery, body: Buffer.concat([delivery.body, Buffer.from('\n')]) };
  assert.match((await explaining.receive(padded)).error.hint, /without the line breaks at its end/);
  assert.equal((await explaining.health()).isReady, true);
  assert.equal(typeof require('@showpad-webhooks/core/explain').explainMismatch, 'function');
  assert.equal(typeof require('@showpad-webhooks/otel').createTelemetry, 'function');
  console.log('ok');
}
void main();
