// Every entry point, by require.
const assert = require('node:assert/strict');
const core = require('@showpad-webhooks/core');
const { readBody } = require('@showpad-webhooks/core/node');
const { signedDelivery } = require('@showpad-webhooks/core/testing');
const adapters = ['express', 'koa', 'nestjs'].map((name) => require(`@showpad-webhooks/${name}`));

for (const adapter of adapters) assert.equal(adapter.createReceiver, core.createReceiver);
for (const name of ['express', 'koa', 'nestjs']) {
  assert.equal(require(`@showpad-webhooks/${name}/testing`).signedDelivery, signedDelivery);
}
assert.equal(typeof readBody, 'function');

const receiver = core.createReceiver({ keys: 'key', on: { 'shared-space-created': () => {} } });
receiver.receive(signedDelivery('shared-space-created', { key: 'key' })).then(({ outcome }) => {
  assert.equal(outcome, 'handled');
  console.log('ok');
});
