import { getRequestListener } from '@hono/node-server';
import { type CreateServer, listenHttp } from '@showpad-webhooks/conformance';
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
  return { ...(await listenHttp(getRequestListener(app.fetch))), receiver };
};
