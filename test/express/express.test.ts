import { type Answer, send, type TestServer } from '@showpad-webhooks/conformance';
import {
  captureRawBody,
  createReceiver,
  type ShowpadMiddleware,
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

const tellError: ErrorRequestHandler = (error: Error, _req, res, _next) =>
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

  function webhooks(handler: () => void = () => {}): ShowpadMiddleware<object> {
    return showpadWebhooks({ keys: KEY, on: { [TYPE]: handler } }, { path: PATH });
  }

  const deliver = (url: string, path = PATH): Promise<Answer> =>
    send(url + path, signedDelivery(TYPE, { key: KEY }));

  describe('mounting', () => {
    test('as a route handler, with a receiver of one’s own', async () => {
      const handler = vi.fn();
      const receiver = createReceiver({ keys: KEY }).on(TYPE, handler);
      const url = await start((app) => app.post('/hook', showpadWebhooks(receiver)));
      expect((await deliver(url, '/hook')).body).toBe('{"outcome":"handled"}');
      expect((await send(`${url}/hook`, { method: 'GET' })).status).toBe(404);
      expect(handler).toHaveBeenCalledOnce();
    });

    test('on a path of app.use, and the url a handler and a key resolver see is the whole one', async () => {
      const urls: (string | undefined)[] = [];
      const url = await start((app) => {
        const keys = ({ url }: { url: string | undefined }) => {
          urls.push(url);
          return KEY;
        };
        app.use(
          '/hook',
          showpadWebhooks({ keys, on: { [TYPE]: (_event, context) => urls.push(context.url) } }),
        );
      });
      expect((await deliver(url, '/hook?from=eu')).status).toBe(200);
      expect(urls).toEqual(['/hook?from=eu', '/hook?from=eu']);
    });

    test('in a router, where the path is the router’s', async () => {
      const url = await start((app) => {
        const router = express.Router();
        router.use(showpadWebhooks({ keys: KEY }, { path: '/showpad' }));
        app.use('/webhooks', router);
      });
      expect((await deliver(url)).status).toBe(200);
      expect((await deliver(url, '/showpad')).status).toBe(404);
    });

    test('on every path is a mistake that says so, on every path', async () => {
      const url = await start((app) => {
        app.use(showpadWebhooks({ keys: KEY }));
        app.use(tellError);
      });
      for (const path of ['/', PATH]) {
        const { status, body } = await deliver(url, path);
        expect([status, body]).toEqual([
          500,
          expect.stringMatching(/mounted on every path: pass \{ path \}/),
        ]);
      }
    });

    test('twice in one app, each with its own keys', async () => {
      const url = await start((app) => {
        app.use(showpadWebhooks({ keys: KEY, name: 'eu' }, { path: '/eu' }));
        app.use(showpadWebhooks({ keys: 'another-key', name: 'us' }, { path: '/us' }));
      });
      expect([(await deliver(url, '/eu')).status, (await deliver(url, '/us')).status]).toEqual([200, 401]);
    });

    test.each(['webhooks', '', '/a?b', 42])('refuses the path %j', (path) => {
      expect(() => showpadWebhooks({ keys: KEY }, { path: path as string })).toThrow(
        /path must be a string that begins with "\/"/,
      );
    });

    test('refuses options that a receiver would refuse', () => {
      expect(() => showpadWebhooks({ keys: '' }, { path: PATH })).toThrow(
        /keys is blank: is the environment variable set\?/,
      );
    });

    test('gives its receiver, for listeners and for closing', async () => {
      const middleware = webhooks();
      const url = await start((app) => app.use(middleware));
      await middleware.receiver.close();
      expect((await deliver(url)).body).toContain('CLOSED');
    });
  });

  describe('a parser that comes first', () => {
    const raw = { type: () => true };

    test.each([
      ['express.raw()', () => express.raw(raw)],
      ['express.text() with a declared length', () => express.text(raw)],
      ['express.json() with captureRawBody', () => express.json({ verify: captureRawBody })],
      ['express.urlencoded(), which passes JSON by', () => express.urlencoded({ extended: true })],
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
      middleware.receiver.onError((error) => hints.push(`${error.code} ${error.hint}`));
      const url = await start((app) => app.use(parser()).use(middleware));
      const { status, body } = await deliver(url);
      expect([status, body]).toEqual([503, '{"outcome":"unavailable","code":"RAW_BODY_UNAVAILABLE"}']);
      expect(hints).toEqual([
        expect.stringContaining(`In this Express app ${name} runs before showpadWebhooks()`),
      ]);
      expect(hints[0]).toContain('RAW_BODY_UNAVAILABLE');
      expect(hints[0]).toContain('express.json({ verify: captureRawBody })');
      expect(handler).not.toHaveBeenCalled();
    });

    test('a parser in a router has no name to give, and the hint is still of use', async () => {
      const hints: string[] = [];
      const middleware = webhooks();
      middleware.receiver.onError((error) => hints.push(error.hint));
      const url = await start((app) =>
        app.use('/webhooks', express.Router().use(express.json())).use(middleware),
      );
      expect((await deliver(url)).status).toBe(503);
      expect(hints).toEqual([expect.stringContaining('a body parser runs before showpadWebhooks()')]);
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
