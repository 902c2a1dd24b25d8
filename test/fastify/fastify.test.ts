import { createReceiver, showpadWebhooks } from '@showpad-webhooks/fastify';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/fastify/testing';
import rawBody from 'fastify-raw-body';
import type { FastifyInstance } from 'fastify5';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type AppOptions, MAJORS } from './server.ts';

const KEY = 'fastify-key';
const PATH = '/webhooks/showpad';
const TYPE = 'shared-space-user-added';

describe.each(MAJORS)('fastify %s', (major, createApp) => {
  const apps: FastifyInstance[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
  });

  function start(options?: AppOptions): FastifyInstance {
    const app = createApp(options);
    apps.push(app);
    return app;
  }

  async function deliver(app: FastifyInstance, url = PATH) {
    const { headers, body } = signedDelivery(TYPE, { key: KEY });
    return app.inject({ method: 'POST', url, headers, payload: Buffer.from(body) });
  }

  test('hooks of the app see the receipt and can add headers', async () => {
    const app = start();
    const outcomes: unknown[] = [];
    app.addHook('onSend', async (request, reply) => {
      reply.header('x-outcome', request.showpadReceipt?.outcome ?? 'none');
    });
    app.addHook('onResponse', async ({ showpadReceipt }) => {
      outcomes.push(showpadReceipt?.event?.type);
    });
    app.register(showpadWebhooks, { path: PATH, keys: KEY, on: { [TYPE]: () => {} } });
    const answer = await deliver(app);
    expect([answer.statusCode, answer.body, answer.headers['x-outcome']]).toEqual([
      200,
      '{"outcome":"handled"}',
      'handled',
    ]);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    await vi.waitFor(() => expect(outcomes).toEqual([TYPE]));
  });

  // While an onSend hook takes its time, Fastify must not go on to parse the body, which would answer a second time.
  test.each([
    ['a delivery whose handler fails', PATH, KEY, 500],
    ['a forgery', PATH, 'guessed', 401],
    ['another spelling of the path', PATH.replace('w', '%77'), KEY, 404],
  ])('%s is answered once if an onSend hook is slow', async (_what, url, key, status) => {
    const app = start();
    const errors: unknown[] = [];
    const statuses: number[] = [];
    app.addHook('onError', async (_request, _reply, error) => void errors.push(error));
    app.addHook('onSend', async (_request, reply, payload) => {
      statuses.push(reply.statusCode);
      await new Promise((resolve) => setImmediate(resolve));
      return payload;
    });
    const fail = () => Promise.reject(new Error('no connection'));
    app.register(showpadWebhooks, { path: PATH, keys: KEY, on: { [TYPE]: fail } });
    const { headers, body } = signedDelivery(TYPE, { key });
    const unparsed = { ...headers, 'content-type': 'text/unknown' };
    const answer = await app.inject({ method: 'POST', url, headers: unparsed, payload: Buffer.from(body) });
    expect(answer.statusCode).toBe(status);
    expect([statuses, errors]).toEqual([[status], []]);
  });

  test('an onRequest hook of the app can refuse a delivery before it is received', async () => {
    const app = start();
    const handler = vi.fn();
    app.addHook('onRequest', async (_request, reply) => reply.code(403).send('no'));
    app.register(showpadWebhooks, { path: PATH, keys: KEY, on: { [TYPE]: handler } });
    expect((await deliver(app)).statusCode).toBe(403);
    expect(handler).not.toHaveBeenCalled();
  });

  test('an onRequest hook that reads the body leaves nothing: 503, and the hint says so', async () => {
    const app = start();
    const hints: string[] = [];
    const receiver = createReceiver({ keys: KEY }).onError(({ hint }) => hints.push(hint));
    app.addHook('onRequest', async ({ raw }) => {
      for await (const _piece of raw);
    });
    app.register(showpadWebhooks, { path: PATH, receiver });
    const answer = await deliver(app);
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'RAW_BODY_UNAVAILABLE']);
    expect(hints).toEqual([expect.stringMatching(/^In this Fastify app an onRequest hook reads the body/)]);
  });

  test('parsers, preParsing hooks and other routes are as without the plugin', async () => {
    const app = start();
    app.addHook('preParsing', async (_request, _reply, payload) => payload);
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, _body, done) =>
      done(null, 'mine'),
    );
    app.post('/orders', async ({ body }) => ({ body }));
    app.register(showpadWebhooks, { path: PATH, keys: KEY, on: { [TYPE]: () => {} } });
    expect((await deliver(app)).statusCode).toBe(200);
    const order = await app.inject({ method: 'POST', url: '/orders', payload: { id: 1 } });
    expect(order.json()).toEqual({ body: 'mine' });
    expect((await app.inject({ method: 'GET', url: '/nothing' })).statusCode).toBe(404);
  });

  // fastify-raw-body is for Fastify 5 only.
  test.each(major === '5' ? [true, false] : [])(
    'next to fastify-raw-body with runFirst: %s',
    async (runFirst) => {
      const app = start();
      await app.register(rawBody, { global: true, runFirst });
      app.register(showpadWebhooks, { path: PATH, keys: KEY, on: { [TYPE]: () => {} } });
      app.post('/raw', async (request) => String(request.rawBody));
      expect((await deliver(app)).body).toBe('{"outcome":"handled"}');
      expect((await app.inject({ method: 'POST', url: '/raw', payload: { id: 1 } })).body).toBe('{"id":1}');
    },
  );

  test.each([
    ['/webhooks', '/showpad'],
    ['/webhooks', '/webhooks/showpad'],
    ['/webhooks/showpad', '/'],
    ['/webhooks/showpad', '/webhooks/showpad'],
  ])('under the prefix %s with the path %s', async (prefix, path) => {
    const app = start();
    app.register(showpadWebhooks, { prefix, path, keys: KEY });
    for (const url of [PATH, `${PATH}/`, `${PATH}?a=1`])
      expect((await deliver(app, url)).statusCode).toBe(200);
    expect((await deliver(app, '/showpad')).statusCode).toBe(404);
  });

  test('a path with a colon is taken literally', async () => {
    const app = start();
    app.register(showpadWebhooks, { path: '/webhooks:showpad', keys: KEY });
    expect((await deliver(app, '/webhooks:showpad')).statusCode).toBe(200);
    expect((await deliver(app, '/webhooks1')).statusCode).toBe(404);
  });

  test('a path with an escape is compared letter by letter', async () => {
    const app = start();
    app.register(showpadWebhooks, { path: '/web%20hooks', keys: KEY });
    expect((await deliver(app, '/web%20hooks')).statusCode).toBe(200);
    expect((await deliver(app, '/%77eb%20hooks')).statusCode).toBe(404);
  });

  test('with every option that Fastify itself understands', async () => {
    const app = start();
    app.register(showpadWebhooks, {
      path: '/showpad',
      keys: KEY,
      prefix: '/webhooks',
      logLevel: 'warn',
      logSerializers: { user: String },
    });
    expect((await deliver(app)).statusCode).toBe(200);
  });

  test('under a prefix with a parameter', async () => {
    const app = start();
    app.register(showpadWebhooks, { prefix: '/:tenant', path: '/showpad', keys: KEY });
    for (const url of ['/eu/showpad', '/us/showpad/']) expect((await deliver(app, url)).statusCode).toBe(200);
    for (const url of ['/eu/%73howpad', '/showpad']) expect((await deliver(app, url)).statusCode).toBe(404);
  });

  test('in an app that rewrites URLs', async () => {
    const app = start({ rewriteUrl: ({ url = '' }) => url.replace('/old', '/webhooks') });
    const urls: (string | undefined)[] = [];
    app.register(showpadWebhooks, {
      path: PATH,
      keys: KEY,
      on: { [TYPE]: (_event, { url }) => urls.push(url) },
    });
    expect((await deliver(app, '/old/showpad')).statusCode).toBe(200);
    expect(urls).toEqual(['/old/showpad']);
  });

  test('the bytes that an onRequest hook keeps as request.rawBody are used', async () => {
    const app = start();
    app.addHook('onRequest', async (request) => {
      const pieces: Buffer[] = [];
      for await (const piece of request.raw) pieces.push(piece as Buffer);
      Object.assign(request, { rawBody: Buffer.concat(pieces) });
    });
    app.register(showpadWebhooks, { path: PATH, keys: KEY });
    expect((await deliver(app)).statusCode).toBe(200);
  });

  test('two endpoints in one app', async () => {
    const app = start();
    app.register(showpadWebhooks, { path: '/eu', keys: KEY, name: 'eu' });
    app.register(showpadWebhooks, { path: '/us', keys: 'another-key', name: 'us' });
    expect([(await deliver(app, '/eu')).statusCode, (await deliver(app, '/us')).statusCode]).toEqual([
      200, 401,
    ]);
  });

  test('a receiver that it makes is started and closed with the app', async () => {
    const app = start();
    const inbox = createMemoryInbox();
    const handler = vi.fn();
    app.register(showpadWebhooks, { path: PATH, keys: KEY, inbox, on: { [TYPE]: handler } });
    expect((await deliver(app)).statusCode).toBe(202);
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(1));
    const closed = vi.spyOn(inbox, 'close');
    await app.close();
    expect(closed).toHaveBeenCalledTimes(1);
  });

  test('a receiver of the app stays open', async () => {
    const app = start();
    const receiver = createReceiver({ keys: KEY });
    app.register(showpadWebhooks, { path: PATH, receiver });
    await app.ready();
    await app.close();
    expect((await receiver.receive(signedDelivery(TYPE, { key: KEY }))).outcome).toBe('ignored');
  });

  test.each([
    [{ keys: KEY }, 'The option "path" must be text'],
    [{ path: PATH }, 'keys is undefined'],
    [
      { path: PATH, keys: KEY, tolerance: 1 },
      /^"tolerance" is not an option\. The options are: name, keys, .+, path, receiver, prefix, logLevel, logSerializers\.$/,
    ],
  ])('an app with the options %j does not start, and says why', async (options, message) => {
    const app = start();
    app.register(showpadWebhooks, options as never);
    await expect(async () => app.ready()).rejects.toThrow(message);
  });
});
