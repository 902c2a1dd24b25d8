import { type Answer, send, type TestServer } from '@showpad-webhooks/conformance';
import {
  captureRawBody,
  createReceiver,
  type KeyLookup,
  showpadHandler,
  showpadWebhooks,
} from '@showpad-webhooks/express';
import { signedDelivery } from '@showpad-webhooks/express/testing';
import type { ErrorRequestHandler, Express } from 'express';
import request from 'supertest';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { listen, MAJORS } from './server.ts';

const KEY = 'express-key';
const PATH = '/webhooks/showpad';
const TYPE = 'shared-space-user-added';

const showError: ErrorRequestHandler = (error: Error, _req, res, _next) =>
  void res.status(500).send(error.message);

describe.each(MAJORS)('express %s', (_major, express) => {
  const servers: TestServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function start(build: (app: Express) => void): Promise<string> {
    const app = express();
    build(app);
    const server = await listen(app, createReceiver({ keys: KEY }));
    servers.push(server);
    return server.url;
  }

  const webhooks = (handler: () => void = () => {}) =>
    showpadWebhooks({ path: PATH, keys: KEY, on: { [TYPE]: handler } });

  const deliver = (url: string, path = PATH): Promise<Answer> =>
    send(url + path, signedDelivery(TYPE, { key: KEY }));

  describe('showpadWebhooks', () => {
    test('takes a receiver of your own, and gives it back', async () => {
      const handler = vi.fn();
      const receiver = createReceiver({ keys: KEY }).on(TYPE, handler);
      const middleware = showpadWebhooks({ path: PATH, receiver });
      expect(middleware.receiver).toBe(receiver);
      const url = await start((app) => app.use(middleware));
      expect((await deliver(url)).body).toBe('{"outcome":"handled"}');
      expect(handler).toHaveBeenCalledOnce();
    });

    test.each(['/showpad', '/webhooks/showpad', '/api/webhooks/showpad'])(
      'in nested routers, with the path %s',
      async (path) => {
        const url = await start((app) => {
          const inner = express.Router().use(showpadWebhooks({ path, keys: KEY }));
          app.use('/api', express.Router().use('/webhooks', inner));
        });
        expect((await deliver(url, '/api/webhooks/showpad')).status).toBe(200);
        expect((await deliver(url, '/webhooks/showpad')).status).toBe(404);
        expect((await deliver(url, '/api/webhooks/other')).status).toBe(404);
      },
    );

    test.each(['/showpad', '/webhooks/showpad', '/api/webhooks/showpad'])(
      'on a path of a nested router, with the path %s',
      async (path) => {
        const url = await start((app) => {
          const inner = express.Router().use('/showpad', showpadWebhooks({ path, keys: KEY }));
          app.use('/api', express.Router().use('/webhooks', inner));
        });
        expect((await deliver(url, '/api/webhooks/showpad')).status).toBe(200);
        expect((await deliver(url, '/api/webhooks/showpad/other')).status).toBe(404);
      },
    );

    test('on a route, with the path of the route', async () => {
      const url = await start((app) => app.post(PATH, webhooks()));
      expect((await deliver(url)).status).toBe(200);
    });

    test('twice in one app, each with its own keys', async () => {
      const url = await start((app) => {
        app.use(showpadWebhooks({ path: '/eu', keys: KEY, name: 'eu' }));
        app.use(showpadWebhooks({ path: '/us', keys: 'another-key', name: 'us' }));
      });
      expect([(await deliver(url, '/eu')).status, (await deliver(url, '/us')).status]).toEqual([200, 401]);
    });

    test.each(['webhooks', '', '/a?b', 42, undefined])('does not take the path %j', (path) => {
      expect(() => showpadWebhooks({ path: path as string, keys: KEY })).toThrow(
        new TypeError(
          'The option "path" must be text that begins with "/" and has no query, such as "/webhooks/showpad".',
        ),
      );
    });

    test('does not take options that a receiver does not take', () => {
      expect(() => showpadWebhooks({ path: PATH, keys: '' })).toThrow(
        new TypeError('keys is blank. Is the environment variable set?'),
      );
    });

    test('gives its receiver, for listeners and for closing', async () => {
      const middleware = webhooks();
      const url = await start((app) => app.use(middleware));
      await middleware.receiver.close();
      expect((await deliver(url)).body).toBe('{"outcome":"unavailable","code":"CLOSED"}');
    });
  });

  describe('showpadHandler', () => {
    test.each([
      ['options', { keys: KEY, on: { [TYPE]: () => {} } }],
      ['a receiver', createReceiver({ keys: KEY, on: { [TYPE]: () => {} } })],
    ])('on a route, with %s', async (_what, source) => {
      const url = await start((app) => app.post('/hook', showpadHandler(source)));
      expect((await deliver(url, '/hook')).body).toBe('{"outcome":"handled"}');
      expect((await send(`${url}/hook`, { method: 'GET' })).status).toBe(404);
    });

    test('on a path of app.use, where handlers and key resolvers see the whole url', async () => {
      const urls: (string | undefined)[] = [];
      const keys = ({ url }: KeyLookup) => {
        urls.push(url);
        return KEY;
      };
      const handler = showpadHandler({ keys, on: { [TYPE]: (_event, { url }) => urls.push(url) } });
      const url = await start((app) => app.use('/hook', handler));
      expect((await deliver(url, '/hook?from=eu')).status).toBe(200);
      expect(urls).toEqual(['/hook?from=eu', '/hook?from=eu']);
    });

    test('without a path fails every request, and says why', async () => {
      const url = await start((app) => app.use(showpadHandler({ keys: KEY })).use(showError));
      for (const path of ['/', PATH]) {
        const { status, body } = await deliver(url, path);
        expect(`${status} ${body}`).toBe(
          '500 showpadHandler() was used without a path, so it would answer every request of the app. Use ' +
            'app.post(path, showpadHandler(…)), or app.use(showpadWebhooks({ path, … })).',
        );
      }
    });

    test('gives its receiver', () => {
      const receiver = createReceiver({ keys: KEY });
      expect(showpadHandler(receiver).receiver).toBe(receiver);
    });
  });

  describe('a parser that comes first', () => {
    const raw = { type: () => true };

    test.each([
      ['express.raw()', () => express.raw(raw)],
      ['express.text() with a declared length', () => express.text(raw)],
      ['express.json() with captureRawBody', () => express.json({ verify: captureRawBody })],
      ['express.urlencoded(), which leaves JSON alone', () => express.urlencoded({ extended: true })],
      ['express.json() of another type', () => express.json({ type: 'application/vnd.api+json' })],
    ])('%s leaves the bytes', async (_name, parser) => {
      const handler = vi.fn();
      const url = await start((app) => app.use(parser()).use(webhooks(handler)));
      expect((await deliver(url)).body).toBe('{"outcome":"handled"}');
      expect(handler).toHaveBeenCalledOnce();
    });

    test('a platform’s rawBody is used, though the stream is read', async () => {
      const url = await start((app) => {
        app.use(express.raw(raw), (req, _res, next) => {
          Object.assign(req, { rawBody: req.body, body: JSON.parse(String(req.body)) });
          next();
        });
        app.use(webhooks());
      });
      expect((await deliver(url)).status).toBe(200);
    });

    test.each([
      ['express.json()', () => express.json({ type: () => true })],
      ['express.urlencoded()', () => express.urlencoded({ extended: true, type: () => true })],
    ])('%s leaves none: 503 at once, and a hint that names it', async (name, parser) => {
      const handler = vi.fn();
      const hints: string[] = [];
      const middleware = webhooks(handler);
      middleware.receiver.onError((error) => hints.push(`${error.code}: ${error.hint}`));
      const url = await start((app) => app.use(parser()).use(middleware));
      const { status, body } = await deliver(url);
      expect([status, body]).toEqual([503, '{"outcome":"unavailable","code":"RAW_BODY_UNAVAILABLE"}']);
      expect(hints).toEqual([
        `RAW_BODY_UNAVAILABLE: In this Express app ${name} parses the body before the webhook, so the raw bytes of ` +
          `${PATH} are gone. Move the webhook above the parser, or let the parser keep the bytes: ` +
          "app.use(express.json({ verify: captureRawBody })), with captureRawBody from '@showpad-webhooks/express'.",
      ]);
      expect(handler).not.toHaveBeenCalled();
    });

    test('several parsers are named, and each once', async () => {
      const hints: string[] = [];
      const handler = showpadHandler({ keys: KEY });
      handler.receiver.onError((error) => hints.push(error.hint));
      const url = await start((app) => {
        app.use(express.json({ type: 'text/x' }), express.json(), express.text({ type: 'text/y' }));
        app.post(PATH, handler);
      });
      expect((await deliver(url)).status).toBe(503);
      expect(hints).toEqual([
        expect.stringMatching(
          /^In this Express app express\.json\(\) or express\.text\(\) parses the body before/,
        ),
      ]);
    });

    test('a parser in a router cannot be named, and the hint still helps', async () => {
      const hints: string[] = [];
      const middleware = webhooks();
      middleware.receiver.onError((error) => hints.push(error.hint));
      const url = await start((app) =>
        app.use('/webhooks', express.Router().use(express.json())).use(middleware),
      );
      expect((await deliver(url)).status).toBe(503);
      expect(hints).toEqual([
        expect.stringMatching(/^In this Express app a body parser parses the body before the webhook/),
      ]);
    });

    test('captureRawBody leaves other routes their parsed body', async () => {
      const app = express();
      app.use(express.json({ verify: captureRawBody })).use(webhooks());
      app.post('/orders', (req, res) => void res.json(req.body));
      await request(app).post('/orders').send({ a: 1 }).expect(200, { a: 1 });
    });
  });

  test('a delivery can be tested with supertest alone', async () => {
    const handler = vi.fn();
    const app = express().use(webhooks(handler)).use(express.json());
    const { headers, body } = signedDelivery(TYPE, { key: KEY });
    await request(app).post(PATH).set(headers).send(body.toString()).expect(200, { outcome: 'handled' });
    expect(handler).toHaveBeenCalledOnce();
  });

  test('middleware that wraps the response sees the answer', async () => {
    const statuses: number[] = [];
    const url = await start((app) => {
      app.use((_req, res, next) => {
        res.once('finish', () => statuses.push(res.statusCode));
        next();
      });
      app.use(webhooks());
    });
    await deliver(url);
    await send(url + PATH);
    expect(statuses).toEqual([200, 401]);
  });
});
