import { readFileSync } from 'node:fs';
import { server } from '@hapi/hapi';
import { type CreateServer, defineAdapterSuite } from '@showpad-webhooks/conformance';
import { createReceiver } from '@showpad-webhooks/core';
import { expect, test } from 'vitest';
import { addWebhook } from './hapi-adapter.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the page about adapters shows this adapter', () => {
  const [, code = ''] = read('hapi-adapter.ts').split('export ');
  expect(read('../../docs/adapters.md')).toContain(code.replace('AnyReceiver', 'Receiver'));
});

const createHapiServer: CreateServer = async ({ options, path }) => {
  const receiver = createReceiver(options);
  const app = server({ host: '127.0.0.1', port: 0 });
  addWebhook(app, path, receiver);
  app.route({ method: 'GET', path: '/hello', handler: () => 'hello' });
  app.route({ method: 'POST', path: '/echo', handler: ({ payload }) => payload });
  await app.start();
  return { url: app.info.uri, receiver, close: () => app.stop({ timeout: 0 }) };
};

defineAdapterSuite('a documented adapter, in hapi', createHapiServer, { behindParser: { kept: 'all' } });
