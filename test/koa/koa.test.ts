import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { type Answer, type Sendable, send, type TestServer } from '@showpad-webhooks/conformance';
import {
  createReceiver,
  type KeyLookup,
  type ShowpadState,
  showpadHandler,
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

  const webhooks = (handler: () => void = () => {}) =>
    showpadWebhooks({ path: PATH, keys: KEY, on: { [TYPE]: handler } });

  function deliver(url: string, path = PATH, extra: Sendable = {}): Promise<Answer> {
    return send(url + path, { ...signedDelivery(TYPE, { key: KEY }), ...extra });
  }

  describe('showpadWebhooks', () => {
    test.each([
      ['/webhooks', '/showpad', '/showpad'],
      ['/webhooks', '/showpad', '/webhooks/showpad'],
      ['', '/webhooks/showpad', '/webhooks/showpad'],
      ['/webhooks/showpad', '/', '/webhooks/showpad'],
    ])('in a router with the prefix %j, on the route %s, with the path %s', async (prefix, route, path) => {
      const router = new Router({ prefix }).post(route, showpadWebhooks({ path, keys: KEY }));
      const url = await start((app) => app.use(router.routes()));
      expect((await deliver(url)).status).toBe(200);
      expect((await deliver(url, '/showpad')).status).toBe(404);
    });

    test('in a router, for all of its routes', async () => {
      const router = new Router({ prefix: '/webhooks' })
        .use(showpadWebhooks({ path: '/webhooks/showpad', keys: KEY }))
        .post('/:name', (ctx) => {
          ctx.body = 'mine';
        });
      const url = await start((app) => app.use(router.routes()));
      expect((await deliver(url)).body).toBe('{"outcome":"ignored"}');
      expect((await deliver(url, '/webhooks/other')).body).toBe('mine');
    });

    test.each(['/showpad', '/webhooks/showpad', '/api/webhooks/showpad'])(
      'in nested apps that koa-mount mounts, with the path %s',
      async (path) => {
        const inner = new Application().use(mount('/showpad', showpadWebhooks({ path, keys: KEY })));
        const outer = new Application().use(mount('/webhooks', inner));
        const url = await start((app) => app.use(mount('/api', outer)));
        expect((await deliver(url, '/api/webhooks/showpad')).status).toBe(200);
        expect((await deliver(url, '/webhooks/showpad')).status).toBe(404);
        expect((await deliver(url, '/api/webhooks/other')).status).toBe(404);
      },
    );

    test('twice in one app, each with its own keys', async () => {
      const url = await start((app) => {
        app.use(showpadWebhooks({ path: '/eu', keys: KEY, name: 'eu' }));
        app.use(showpadWebhooks({ path: '/us', keys: 'another-key', name: 'us' }));
      });
      expect([(await deliver(url, '/eu')).status, (await deliver(url, '/us')).status]).toEqual([200, 401]);
    });
  });

  describe('showpadHandler', () => {
    test.each([
      ['options', { keys: KEY, on: { [TYPE]: () => {} } }],
      ['a receiver', createReceiver({ keys: KEY, on: { [TYPE]: () => {} } })],
    ])('on a route of a router, with %s', async (_what, source) => {
      const router = new Router({ prefix: '/webhooks' }).post('/showpad', showpadHandler(source));
      const url = await start((app) => app.use(router.routes()));
      expect((await deliver(url)).body).toBe('{"outcome":"handled"}');
      expect((await send(url + PATH, { method: 'GET' })).status).toBe(404);
    });

    test('under koa-mount, where handlers and key resolvers see the whole url', async () => {
      const urls: (string | undefined)[] = [];
      const keys = ({ url }: KeyLookup) => {
        urls.push(url);
        return KEY;
      };
      const handler = showpadHandler({ keys, on: { [TYPE]: (_event, { url }) => urls.push(url) } });
      const url = await start((app) => app.use(mount('/hook', handler)));
      expect((await deliver(url, '/hook?from=eu')).status).toBe(200);
      expect((await deliver(url, '/other')).status).toBe(404);
      expect(urls).toEqual(['/hook?from=eu', '/hook?from=eu']);
    });

    test('without a path fails every request, and says why', async () => {
      const errors: string[] = [];
      const url = await start((app) => {
        app.on('error', (error: Error) => errors.push(error.message));
        app.use(showpadHandler({ keys: KEY }));
      });
      expect((await deliver(url)).status).toBe(500);
      expect((await send(url, { method: 'GET' })).status).toBe(500);
      const message =
        'showpadHandler() was used without a path, so it would answer every request of the app. Use ' +
        'router.post(path, showpadHandler(…)), or app.use(showpadWebhooks({ path, … })).';
      expect(errors).toEqual([message, message]);
    });
  });

  describe('other middleware', () => {
    test('that came earlier sees the response and the receipt, and can add headers', async () => {
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

    test('that came earlier also sees a rejection that is sent before the upload is over', async () => {
      const errors = vi.fn();
      const seen: unknown[] = [];
      const url = await start((app) => {
        app.on('error', errors);
        app.use(async (ctx, next) => {
          await next();
          seen.push([ctx.status, ctx.body, ctx.state.showpadReceipt?.error?.code]);
          ctx.set('x-response-time', '1');
        });
        app.use(showpadWebhooks({ path: PATH, keys: KEY, maxBodyBytes: 10 }));
      });
      const body = '{"outcome":"rejected","code":"BODY_TOO_LARGE"}';
      const answer = await deliver(url);
      expect([answer.status, answer.body, answer.headers.connection]).toEqual([413, body, 'close']);
      expect(seen).toEqual([[413, body, 'BODY_TOO_LARGE']]);
      expect(errors).not.toHaveBeenCalled();
    });

    test('that comes later does not run for a delivery, and runs for all other requests', async () => {
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
    /** The answer, the hints that `onError` got, and how many events were handled. */
    async function deliverPast(
      parser: Koa.Middleware,
      body: Uint8Array = event('x'),
      options: Partial<SignedDeliveryOptions> & Sendable = {},
    ): Promise<{ answer: string; hints: string[]; handled: number }> {
      const handler = vi.fn();
      const hints: string[] = [];
      const middleware = showpadWebhooks({ path: PATH, keys: KEY });
      middleware.receiver.onAny(handler).onError((error) => hints.push(error.hint));
      const url = await start((app) => app.use(parser).use(middleware));
      const { chunkBytes, ...rest } = options;
      const delivery = signedDelivery({ body }, { key: KEY, ...rest });
      const pieces = chunkBytes === undefined ? {} : { chunkBytes };
      const answer = await send(url + PATH, { ...delivery, ...pieces });
      return { answer: `${answer.status} ${answer.body}`, hints, handled: handler.mock.calls.length };
    }

    const HANDLED = { answer: '200 {"outcome":"handled"}', hints: [], handled: 1 };
    const event = (data: string) => Buffer.from(`{"type":"${TYPE}","id":"1","data":"${data}"}`);

    const unavailable = (hint: string) => ({
      answer: '503 {"outcome":"unavailable","code":"RAW_BODY_UNAVAILABLE"}',
      hints: [hint],
      handled: 0,
    });

    const TEXT_KEEPERS: readonly (readonly [string, () => Koa.Middleware, string])[] = [
      ['koa-bodyparser', () => oldBodyParser(), 'bodyParser()'],
      ['@koa/bodyparser', () => bodyParser(), 'bodyParser()'],
      ['@koa/bodyparser with patchNode', () => bodyParser({ patchNode: true }), 'bodyParser()'],
      ['koa-body with includeUnparsed', () => koaBody({ includeUnparsed: true }), 'a body parser'],
    ];

    describe.each(TEXT_KEEPERS)('%s', (_name, parser, named) => {
      const lost = unavailable(
        `In this Koa app ${named} parses the body before the webhook and keeps only text, which may differ from the raw ` +
          `bytes of ${PATH}. Move the webhook above the parser.`,
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
        expect(await deliverPast(parser(), event('x'), options)).toEqual(HANDLED);
      });

      test('answers 413 itself above its own limit: the delivery is lost', async () => {
        const { answer, handled } = await deliverPast(parser(), event('x'.repeat(1024 * 1024)));
        expect([answer.slice(0, 3), answer.includes('outcome'), handled]).toEqual(['413', false, 0]);
      });
    });

    test('koa-body without options leaves nothing: 503 at once, and the option that fixes it', async () => {
      expect(await deliverPast(koaBody())).toEqual(
        unavailable(
          `In this Koa app a body parser parses the body before the webhook, so the raw bytes of ${PATH} are gone. ` +
            'Move the webhook above the parser. If the parser is koa-body, koaBody({ includeUnparsed: true }) may be enough.',
        ),
      );
    });

    test('koa-body can leave everything on the request of Node, and it is read there', async () => {
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

    test('a GET without a body passes a parser', async () => {
      const middleware = showpadWebhooks({ path: PATH, keys: KEY, methods: ['GET'] });
      const url = await start((app) => app.use(oldBodyParser()).use(middleware));
      const { headers } = signedDelivery({ body: '' }, { key: KEY });
      expect(await send(`${url}${PATH}?type=x`, { method: 'GET', headers })).toMatchObject({ status: 200 });
    });
  });
});
