import { type CreateServer, defineAdapterSuite, type TestServer } from '@showpad-webhooks/conformance';
import { createReceiver } from '@showpad-webhooks/core';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import fastify from 'fastify';
import { showpadWebhooks } from './adapter.ts';

const createServer: CreateServer = async ({ options, path }) => {
  const receiver = createReceiver(options) as TestServer['receiver'];
  const app = fastify({ forceCloseConnections: true }); // and its parser: always there, always after the hook
  app.addHook('onRequest', showpadWebhooks(receiver, { path }));
  app.get('/hello', async () => 'hello');
  app.post('/echo', async ({ body }) => body);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, receiver, close: () => app.close() };
};

defineAdapterSuite('fastify', createServer, { isAlwaysFirst: true });
defineHostileSuite('fastify', createServer);
