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

/** Starts an app of just these, and gives its URL. */
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
    const url = await start(showpadWebhooks({ keys: KEY, on: { [TYPE]: handler } }, { path: PATH }));
    expect(await deliver(url)).toBe('200 {"outcome":"handled"}');
    expect(handler).toHaveBeenCalledOnce();
  });

  test('takes a receiver, and gives it back', async () => {
    const receiver = createReceiver({ keys: KEY });
    const middleware = showpadWebhooks(receiver, { path: PATH });
    expect(middleware.receiver).toBe(receiver);
    await receiver.close();
    expect(await deliver(await start(middleware))).toBe('503 {"outcome":"unavailable","code":"CLOSED"}');
  });

  test.each(['webhooks', '', '/a?b', 42])('refuses the path %j', (path) => {
    expect(() => showpadWebhooks({ keys: KEY }, { path: path as string })).toThrow(
      /path must be a string that begins with "\/"/,
    );
  });

  test.each([
    [{ keys: '' }, /keys is blank: is the environment variable set\?/],
    [{ keys: KEY, tolerance: 5 }, /unknown option "tolerance"/],
  ])('refuses what a receiver would refuse: %j', (options, message) => {
    expect(() => showpadWebhooks(options as { keys: string }, { path: PATH })).toThrow(message);
  });

  test('follows a url that middleware before it has rewritten, and tells handlers the one that was asked for', async () => {
    const urls: (string | undefined)[] = [];
    const url = await start(
      (ctx, next) => {
        ctx.path = ctx.path.replace(/^\/webhooks/, '/internal');
        return next();
      },
      showpadWebhooks(
        { keys: KEY, on: { [TYPE]: (_event, context) => urls.push(context.url) } },
        { path: '/internal/showpad' },
      ),
    );
    expect(await deliver(url)).toBe('200 {"outcome":"handled"}');
    expect(urls).toEqual([PATH]);
  });
});
