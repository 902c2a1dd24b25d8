import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { type Answer, type Sendable, send, type TestServer } from '@showpad-webhooks/conformance';
import {
  createReceiver,
  type ShowpadMiddleware,
  type ShowpadState,
  showpadWebhooks,
} from '@showpad-webhooks/koa';
import { type SignedDeliveryOptions, signedDelivery } from '@showpad-webhooks/koa/testing';
import type Koa from 'koa';
import { koaBody } from 'koa-body';
import oldBodyParser from 'koa-bodyparser';
import mount from 'koa-mount';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { listen, MAJORS } from './server.ts';

const KEY = 'koa-key';
const PATH = '/webhooks/showpad';
const TYPE = 'shared-space-user-added';

describe.each(MAJORS)('koa %s', (_major, Application) => {
  const servers: TestServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function start(build: (app: Koa<ShowpadState>) => void): Promise<string> {
    const app = new Application<ShowpadState>();
    app.silent = true;
    build(app);
    const server = await listen(app, createReceiver({ keys: KEY }));
    servers.push(server);
    return server.url;
  }

  function webhooks(handler: () => void = () => {}): ShowpadMiddleware<object> {
    return showpadWebhooks({ keys: KEY, on: { [TYPE]: handler } }, { path: PATH });
  }

  function deliver(url: string, path = PATH, extra: Sendable = {}): Promise<Answer> {
    return send(url + path, { ...signedDelivery(TYPE, { key: KEY }), ...extra });
  }

  describe('mounting', () => {
    test('as a route of a router, with a receiver of one’s own', async () => {
      const handler = vi.fn();
      const receiver = createReceiver({ keys: KEY }).on(TYPE, handler);
      const router = new Router({ prefix: '/webhooks' }).post('/showpad', showpadWebhooks(receiver));
      const url = await start((app) => app.use(router.routes()));
      expect((await deliver(url)).body).toBe('{"outcome":"handled"}');
      expect((await send(url + PATH, { method: 'GET' })).status).toBe(404);
      expect(handler).toHaveBeenCalledOnce();
    });

    test('under koa-mount, and the url a handler and a key resolver see is the whole one', async () => {
      const urls: (string | undefined)[] = [];
      const keys = (hint: { url: string | undefined }) => {
        urls.push(hint.url);
        return KEY;
      };
      const middleware = showpadWebhooks({
        keys,
        on: { [TYPE]: (_event, context) => urls.push(context.url) },
      });
      const url = await start((app) => app.use(mount('/hook', middleware)));
      expect((await deliver(url, '/hook?from=eu')).status).toBe(200);
      expect((await deliver(url, '/other')).status).toBe(404);
      expect(urls).toEqual(['/hook?from=eu', '/hook?from=eu']);
    });

    test('in an app that koa-mount mounts, where the path is that app’s', async () => {
      const inner = new Application().use(showpadWebhooks({ keys: KEY }, { path: '/showpad' }));
      const url = await start((app) => app.use(mount('/webhooks', inner)));
      expect((await deliver(url)).status).toBe(200);
      expect((await deliver(url, '/showpad')).status).toBe(404);
      expect((await deliver(url, '/webhooks/other')).status).toBe(404);
    });

    test('on every path is a mistake that says so, on every path', async () => {
      const errors: string[] = [];
      const url = await start((app) => {
        app.on('error', (error: Error) => errors.push(error.message));
        app.use(showpadWebhooks({ keys: KEY }));
      });
      expect((await deliver(url)).status).toBe(500);
      expect((await send(url, { method: 'GET' })).status).toBe(500);
      const message = expect.stringMatching(/used on every path: pass \{ path \}/);
      expect(errors).toEqual([message, message]);
    });

    test('twice in one app, each with its own keys', async () => {
      const url = await start((app) => {
        app.use(showpadWebhooks({ keys: KEY, name: 'eu' }, { path: '/eu' }));
        app.use(showpadWebhooks({ keys: 'another-key', name: 'us' }, { path: '/us' }));
      });
      expect([(await deliver(url, '/eu')).status, (await deliver(url, '/us')).status]).toEqual([200, 401]);
    });
  });

  describe('other middleware', () => {
    test('that came earlier sees the answer and the receipt, and may add headers', async () => {
      const seen: unknown[] = [];
      const url = await start((app) => {
        app.use(async (ctx, next) => {
          await next();
          const { outcome, event } = ctx.state.showpadReceipt ?? {};
          seen.push([ctx.status, ctx.body, ctx.length, outcome, event?.type]);
          ctx.set('x-response-time', '1');
        });
        app.use(webhooks());
      });
      const { headers } = await deliver(url);
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': '21',
        'x-response-time': '1',
      });
      expect(seen).toEqual([[200, '{"outcome":"handled"}', 21, 'handled', TYPE]]);
    });

    test('that came earlier sees a refusal too, though it is sent before the upload is over', async () => {
      const errors = vi.fn();
      const seen: unknown[] = [];
      const url = await start((app) => {
        app.on('error', errors);
        app.use(async (ctx, next) => {
          await next();
          seen.push([ctx.status, ctx.body, ctx.state.showpadReceipt?.error?.code]);
          ctx.set('x-response-time', '1');
        });
        app.use(showpadWebhooks({ keys: KEY, maxBodyBytes: 10 }, { path: PATH }));
      });
      const body = '{"outcome":"rejected","code":"BODY_TOO_LARGE"}';
      const answer = await deliver(url);
      expect([answer.status, answer.body, answer.headers.connection]).toEqual([413, body, 'close']);
      expect(seen).toEqual([[413, body, 'BODY_TOO_LARGE']]);
      expect(errors).not.toHaveBeenCalled();
    });

    test('that comes later does not run for a delivery, and runs alone for all else', async () => {
      const later = vi.fn();
      const url = await start((app) => {
        app.use(webhooks());
        app.use((ctx) => {
          later(ctx.path, ctx.state.showpadReceipt);
          ctx.body = 'mine';
        });
      });
      expect((await deliver(url)).body).toBe('{"outcome":"handled"}');
      expect((await deliver(url, '/orders')).body).toBe('mine');
      expect(later.mock.calls).toEqual([['/orders', undefined]]);
    });
  });

  describe('a parser that comes first', () => {
    /** The answer, and what `onError` was told. */
    async function deliverPast(
      parser: Koa.Middleware,
      source: string | Uint8Array = TYPE,
      options: Partial<SignedDeliveryOptions> & Sendable = {},
    ): Promise<{ answer: string; hints: string[]; handled: number }> {
      const handler = vi.fn();
      const hints: string[] = [];
      const middleware = showpadWebhooks({ keys: KEY }, { path: PATH });
      middleware.receiver.onAny(handler).onError((error) => hints.push(error.hint));
      const url = await start((app) => app.use(parser).use(middleware));
      const { chunkBytes, ...rest } = options;
      const delivery = signedDelivery(source, { key: KEY, ...rest });
      const { status, body } = await send(url + PATH, {
        ...delivery,
        ...(chunkBytes !== undefined && { chunkBytes }),
      });
      return { answer: `${status} ${body}`, hints, handled: handler.mock.calls.length };
    }

    const HANDLED = { answer: '200 {"outcome":"handled"}', hints: [], handled: 1 };
    const event = (data: string) => Buffer.from(`{"type":"${TYPE}","id":"1","data":"${data}"}`);

    function unavailable(...hint: string[]): object {
      const hints = [expect.stringMatching(new RegExp(hint.join('.*')))];
      return { answer: '503 {"outcome":"unavailable","code":"RAW_BODY_UNAVAILABLE"}', hints, handled: 0 };
    }

    const TEXT_KEEPERS: readonly (readonly [string, () => Koa.Middleware, RegExp])[] = [
      ['koa-bodyparser', () => oldBodyParser(), /bodyParser\(\)/],
      ['@koa/bodyparser', () => bodyParser(), /bodyParser\(\)/],
      ['@koa/bodyparser with patchNode', () => bodyParser({ patchNode: true }), /bodyParser\(\)/],
      ['koa-body with includeUnparsed', () => koaBody({ includeUnparsed: true }), /a body parser/],
    ];

    describe.each(TEXT_KEEPERS)('%s', (_name, parser, named) => {
      const lost = unavailable(
        `In this Koa app ${named.source} runs before showpadWebhooks\\(\\) and leaves the body as text`,
        `Move app.use\\(showpadWebhooks\\(…, \\{ path: '${PATH}' \\}\\)\\) above it`,
      );

      test('keeps a text whose bytes are certain', async () => {
        expect(await deliverPast(parser())).toEqual(HANDLED);
        expect(await deliverPast(parser(), event('ë 🥓 \\u00eb \\ud800'))).toEqual(HANDLED);
      });

      test.each([
        ['chunked, without a length', event('x'), { chunkBytes: 16 }],
        ['a byte order mark', Buffer.concat([Buffer.from('\uFEFF'), event('x')]), {}],
        [
          'bytes that are not UTF-8',
          Buffer.concat([event('x').subarray(0, -3), Buffer.from([0xff]), Buffer.from('"}')]),
          {},
        ],
        ['another charset', event('x'), { headers: { 'content-type': 'application/json; charset=latin1' } }],
      ])('answers 503 at once for %s, and says what to move', async (_case, body, options) => {
        expect(await deliverPast(parser(), body, options)).toEqual(lost);
      });

      test('leaves what it does not parse unread', async () => {
        const options = { headers: { 'content-type': 'application/octet-stream' } };
        expect(await deliverPast(parser(), TYPE, options)).toEqual(HANDLED);
      });

      test('answers 413 itself beyond its own limit: the delivery is lost', async () => {
        const { answer, handled } = await deliverPast(parser(), event('x'.repeat(1024 * 1024)));
        expect([answer.slice(0, 3), answer.includes('outcome'), handled]).toEqual(['413', false, 0]);
      });
    });

    test('koa-body as it comes leaves nothing: 503 at once, and the option that mends it', async () => {
      expect(await deliverPast(koaBody())).toEqual(
        unavailable('leaves no raw body', 'koaBody\\(\\{ includeUnparsed: true \\}\\)'),
      );
    });

    test('koa-body that leaves all on the request of Node is read there', async () => {
      const parser = koaBody({ includeUnparsed: true, patchNode: true, patchKoa: false });
      expect(await deliverPast(parser)).toEqual(HANDLED);
    });

    test.each([
      ['request', 'rawBody'],
      ['request', 'body'],
      ['req', 'rawBody'],
      ['req', 'body'],
    ] as const)('bytes that the app keeps in ctx.%s.%s are used', async (owner, property) => {
      const keepBytes: Koa.Middleware = async (ctx, next) => {
        const chunks: Buffer[] = [];
        for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
        Object.assign(ctx[owner], { [property]: Buffer.concat(chunks) });
        await next();
      };
      expect(await deliverPast(keepBytes, event('x'), { chunkBytes: 5 })).toEqual(HANDLED);
    });

    test('a GET without a body passes it', async () => {
      const middleware = showpadWebhooks({ keys: KEY, methods: ['GET'] }, { path: PATH });
      const url = await start((app) => app.use(oldBodyParser()).use(middleware));
      const { headers } = signedDelivery(new Uint8Array(), { key: KEY });
      expect(await send(`${url}${PATH}?type=x`, { method: 'GET', headers })).toMatchObject({ status: 200 });
    });
  });
});
