import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReceiver, showpadWebhooks } from '@showpad-webhooks/koa';
import { signedDelivery } from '@showpad-webhooks/koa/testing';
import Koa from 'koa';
import { afterEach, describe, expect, test, vi } from 'vitest';

const KEY = 'koa-key';
const PATH = '/webhooks/showpad';
const TYPE = 'shared-space-user-added';

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** Starts an app of these middleware functions, and gives its URL. */
async function start(...middleware: Koa.Middleware[]): Promise<string> {
  const app = new Koa();
  for (const each of middleware) app.use(each);
  server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function deliver(url: string): Promise<string> {
  const { method, headers, body } = signedDelivery(TYPE, { key: KEY });
  const response = await fetch(url + PATH, { method, headers, body: new Uint8Array(body) });
  return `${response.status} ${await response.text()}`;
}

describe('showpadWebhooks', () => {
  test('takes options with handlers', async () => {
    const handler = vi.fn();
    const url = await start(showpadWebhooks({ path: PATH, keys: KEY, on: { [TYPE]: handler } }));
    expect(await deliver(url)).toBe('200 {"outcome":"handled"}');
    expect(handler).toHaveBeenCalledOnce();
  });

  test('takes a receiver, and gives it back', async () => {
    const receiver = createReceiver({ keys: KEY });
    const middleware = showpadWebhooks({ path: PATH, receiver });
    expect(middleware.receiver).toBe(receiver);
    await receiver.close();
    expect(await deliver(await start(middleware))).toBe('503 {"outcome":"unavailable","code":"CLOSED"}');
  });

  test.each(['webhooks', '', '/a?b', 42, undefined])('does not take the path %j', (path) => {
    expect(() => showpadWebhooks({ path: path as string, keys: KEY })).toThrow(
      new TypeError(
        'The option "path" must be text that begins with "/" and has no query, such as "/webhooks/showpad".',
      ),
    );
  });

  test.each([
    [{ keys: '' }, /^keys is blank\. Is the environment variable set\?$/],
    [
      { keys: KEY, tolerance: 5 },
      /^"tolerance" is not an option\. The options are: name, keys, .+, path, receiver\.$/,
    ],
    [{ keys: KEY, receiver: createReceiver({ keys: KEY }) }, /^"receiver" and "keys" do not go together\. /],
  ])('does not take what a receiver does not take: %j', (options, message) => {
    expect(() => showpadWebhooks({ path: PATH, ...(options as { keys: string }) })).toThrow(message);
  });

  test('follows a url that earlier middleware has rewritten, and gives handlers the original one', async () => {
    const urls: (string | undefined)[] = [];
    const url = await start(
      (ctx, next) => {
        ctx.path = ctx.path.replace(/^\/webhooks/, '/internal');
        return next();
      },
      showpadWebhooks({
        path: '/internal/showpad',
        keys: KEY,
        on: { [TYPE]: (_event, context) => urls.push(context.url) },
      }),
    );
    expect(await deliver(url)).toBe('200 {"outcome":"handled"}');
    expect(urls).toEqual([PATH]);
  });
});

test('leaves a response alone that something else has sent', async () => {
  const url = await start(
    (ctx, next) => {
      ctx.respond = false;
      ctx.res.writeHead(200).end('mine');
      return next();
    },
    showpadWebhooks({ path: PATH, keys: KEY }),
  );
  expect(await deliver(url)).toBe('200 mine');
});
