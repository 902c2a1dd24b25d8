import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyParser } from '@koa/bodyparser';
import type { CreateServer, TestServer } from '@showpad-webhooks/conformance';
import { showpadWebhooks } from '@showpad-webhooks/koa';
import type Koa from 'koa';
import { koaBody } from 'koa-body';
import oldBodyParser from 'koa-bodyparser';
import koa2 from 'koa2';
import koa3 from 'koa3';

export const MAJORS: readonly (readonly [string, typeof koa3])[] = [
  ['2', koa2],
  ['3', koa3],
];

// All three refuse keys named __proto__ with a 400 of their own, unless the app leaves those to what comes next.
function onError(error: Error): void {
  if (!/forbidden prototype property/.test(error.message)) throw error;
}

export const PARSERS: readonly (readonly [string, () => Koa.Middleware])[] = [
  ['koa-bodyparser', () => oldBodyParser({ onerror: onError })],
  ['@koa/bodyparser', () => bodyParser({ onError })],
  ['koa-body', () => koaBody({ onError })],
];

/** The conformance suite's app, on one major of Koa and with one of the parsers. */
export function serverOn(Application: typeof koa3, parse: () => Koa.Middleware): CreateServer {
  return async ({ options, path, parser }) => {
    const app = new Application();
    app.silent = true; // Koa prints every connection that breaks
    const middleware = showpadWebhooks(options, { path });
    if (parser === 'before') app.use(parse());
    app.use(middleware);
    if (parser === 'after') app.use(parse());
    app.use(async (ctx, next) => {
      if (ctx.path === '/hello') ctx.body = 'hello';
      else if (ctx.path === '/echo') ctx.body = ctx.request.body;
      else await next();
    });
    return listen(app, middleware.receiver as unknown as TestServer['receiver']);
  };
}

/** Starts an app on a free port of the loopback interface. */
export async function listen(app: Koa, receiver: TestServer['receiver']): Promise<TestServer> {
  const server = createServer(app.callback());
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
}
