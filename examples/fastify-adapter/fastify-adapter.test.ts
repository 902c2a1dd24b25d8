import { type CreateServer, defineAdapterSuite } from '@showpad-webhooks/conformance';
import { createReceiver } from '@showpad-webhooks/core';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import fastify from 'fastify';
import { showpadWebhooks } from './adapter.ts';

const createServer: CreateServer = async ({ options, path }) => {
  const receiver = createReceiver(options);
  const app = fastify({ forceCloseConnections: true }); // Its parser always runs after the hook.
  app.addHook('onRequest', showpadWebhooks({ path, receiver }));
  app.get('/hello', async () => 'hello');
  app.post('/echo', async ({ body }) => body);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, receiver, close: () => app.close() };
};

defineAdapterSuite('fastify', createServer, { behindParser: { kept: 'all' } });
defineHostileSuite('fastify', createServer);
