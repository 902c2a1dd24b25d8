import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { CreateServer } from '@showpad-webhooks/conformance';
import { createFetchHandler, createReceiver } from '@showpad-webhooks/fetch';
import { Hono } from 'hono';

/** A Hono app on Node. The body can be parsed before the handler, and then nobody has the bytes any more. */
export const createHonoServer: CreateServer = async ({ options, path, parser }) => {
  const receiver = createReceiver(options);
  const handler = createFetchHandler(receiver);
  const app = new Hono({ getPath: (request) => new URL(request.url).pathname });
  if (parser === 'before') {
    app.use(async ({ req }, next) => {
      await req.arrayBuffer().catch(() => {});
      await next();
    });
  }
  for (const each of [path, `${path}/`]) app.all(each, ({ req }) => handler(req.raw));
  app.get('/hello', (context) => context.text('hello'));
  app.post('/echo', async (context) => context.json(await context.req.json()));
  const server = createServer(getRequestListener(app.fetch));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    receiver,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
