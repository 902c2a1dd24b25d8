import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReceiver, type Receipt } from '@showpad-webhooks/core';
import {
  createNodeHandler,
  createRouteHandler,
  type NodeRequest,
  receiveNodeRequest,
  toReceiver,
} from '@showpad-webhooks/core/node';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { delivery, KEY, NOW_MS, probe, startTime, stopTime, TYPE } from '../support.ts';
import { listenerCounts, openPost, openRequest } from './open-request.ts';

const PATH = '/webhooks/showpad';

/** Serves a handler over HTTP. Resolves to a function that sends a request and resolves to `status body`. */
async function serve(handler: RequestListener) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async (path: string, { method, headers, body } = delivery()) => {
    const response = await fetch(origin + path, { method, headers, body: body.toString() });
    return `${response.status} ${await response.text()}`;
  };
}

describe('createNodeHandler', () => {
  test('handles deliveries to its path, for node:http', async () => {
    const ids: string[] = [];
    const handler = createNodeHandler({
      path: PATH,
      keys: KEY,
      on: { [TYPE]: (event) => ids.push(event.id) },
    });
    const send = await serve(handler);
    expect(await send(PATH)).toBe('200 {"outcome":"handled"}');
    expect(await send(`${PATH}/?a=b`)).toBe('200 {"outcome":"duplicate"}');
    expect(await send(PATH, delivery('event-2', { key: 'a-forged-key' }))).toBe(
      '401 {"outcome":"rejected","code":"SIGNATURE_MISMATCH"}',
    );
    expect(ids).toEqual(['event-1']);
    await handler.receiver.close();
    expect(await send(PATH, delivery('event-3'))).toBe('503 {"outcome":"unavailable","code":"CLOSED"}');
  });

  test('answers other paths with 404 if there is no next', async () => {
    const send = await serve(createNodeHandler({ path: PATH, keys: KEY }));
    for (const path of ['/', '/webhooks', `${PATH}/more`, '/webhooks/SHOWPAD']) {
      expect(await send(path)).toBe('404 {"error":"not found"}');
    }
  });

  test('says that its 404 is JSON', async () => {
    const { req, res, client } = await openPost(0);
    createNodeHandler({ path: PATH, keys: KEY })(req, res);
    const [answer] = await once(client, 'data');
    expect(String(answer)).toContain('\r\ncontent-type: application/json\r\n');
  });

  test('leaves other paths to next, and does not call it for its own', async () => {
    const handler = createNodeHandler({ path: PATH, keys: KEY });
    const nexts: unknown[][] = [];
    const send = await serve((req, res) =>
      handler(req, res, (...args) => {
        nexts.push(args);
        res.end('next');
      }),
    );
    expect(await send('/other')).toBe('200 next');
    expect(nexts).toEqual([[]]);
    expect(await send(PATH)).toBe('200 {"outcome":"ignored"}');
    expect(nexts).toHaveLength(1);
  });

  test('leaves a request without a URL to next', async () => {
    const handler = createNodeHandler({ path: PATH, keys: KEY });
    const next = vi.fn();
    handler({ headers: {} } as NodeRequest, {} as ServerResponse, next);
    expect(next).toHaveBeenCalledTimes(1);
  });

  test('matches the path by the original URL too, which a router may have cut', async () => {
    const urls: unknown[] = [];
    const handler = createNodeHandler({
      path: PATH,
      keys: KEY,
      on: { [TYPE]: (_event, { url }) => urls.push(url) },
    });
    const send = await serve((req, res) => {
      const originalUrl = req.url ?? '';
      req.url = '/';
      handler(Object.assign(req, { originalUrl }), res);
    });
    expect(await send(`${PATH}?a=b`)).toBe('200 {"outcome":"handled"}');
    expect(urls).toEqual([`${PATH}?a=b`]);
  });

  test('takes a receiver of your own', async () => {
    const receiver = createReceiver({ keys: KEY, name: 'crm' });
    const handler = createNodeHandler({ path: PATH, receiver });
    expect(handler.receiver).toBe(receiver);
    const send = await serve(handler);
    expect(await send(PATH)).toBe('200 {"outcome":"ignored"}');
  });

  test('keeps the types of schemas, and validates', async () => {
    const seen: string[] = [];
    const handler = createNodeHandler({
      path: PATH,
      keys: KEY,
      schemas: {
        'asset-viewed': {
          '~standard': { version: 1, vendor: 'test', validate: () => ({ value: { assetId: 'A' } }) },
        },
      },
    });
    handler.receiver.on('asset-viewed', (event) => seen.push(JSON.stringify(event.data)));
    const send = await serve(handler);
    expect(await send(PATH, signedDelivery('asset-viewed', { key: KEY, data: {} }))).toBe(
      '200 {"outcome":"handled"}',
    );
    expect(seen).toEqual(['{"assetId":"A"}']);
  });

  test.each([
    ['no path', { keys: KEY }, 'The option "path" must be text that begins with "/"'],
    ['a path without a slash', { path: 'hooks', keys: KEY }, 'The option "path" must be text that begins'],
    ['no keys', { path: PATH }, 'keys is undefined, and not a string. Is the environment variable set?'],
    ['an unknown option', { path: PATH, keys: KEY, port: 3 }, '"port" is not an option. The options are: '],
    [
      'a receiver next to other options',
      { path: PATH, receiver: createReceiver({ keys: KEY }), keys: KEY },
      '"receiver" and "keys" do not go together. Pass the option "keys" to createReceiver(), or leave "receiver" out.',
    ],
  ])('rejects %s', (_what, options, message) => {
    const create = () => createNodeHandler(options as Parameters<typeof createNodeHandler>[0]);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(message);
  });

  test('uses the bytes that a parser kept, and says how to fix it if there are none', async () => {
    const errors: unknown[] = [];
    const explainMissingBody = vi.fn(() => 'Move the webhook above the parser.');
    const handler = createNodeHandler({ path: PATH, keys: KEY }, { explainMissingBody });
    handler.receiver.onError(({ code, hint }) => errors.push([code, hint]));
    const parse = (keep: boolean) =>
      serve((req, res) => {
        const chunks: Buffer[] = [];
        req.on('data', (chunk: Buffer) => chunks.push(chunk));
        req.on('end', () => {
          const rawBody = Buffer.concat(chunks);
          const body = JSON.parse(rawBody.toString());
          handler(Object.assign(req, { body, ...(keep && { rawBody }) }), res);
        });
      });
    const sendKept = await parse(true);
    expect(await sendKept(PATH)).toBe('200 {"outcome":"ignored"}');
    expect(explainMissingBody).not.toHaveBeenCalled();
    const sendLost = await parse(false);
    expect(await sendLost(PATH)).toBe('503 {"outcome":"unavailable","code":"RAW_BODY_UNAVAILABLE"}');
    expect(errors).toEqual([['RAW_BODY_UNAVAILABLE', 'Move the webhook above the parser.']]);
    expect(explainMissingBody.mock.calls).toEqual([[expect.objectContaining({ method: 'POST' })]]);
  });

  test.each(['next', 'no next'])('passes on what goes wrong while it writes, with %s', async (how) => {
    const broken = new Error('It is broken.');
    const receiver = { ...createReceiver({ keys: KEY }), receive: () => Promise.reject(broken) };
    const handler = createNodeHandler({ path: PATH, receiver });
    const { req, res, client } = await openRequest(`POST ${PATH} HTTP/1.1`, 'Host: localhost', '', '');
    if (how === 'next') {
      expect(await new Promise((resolve) => handler(req, res, resolve))).toBe(broken);
      expect(res.destroyed).toBe(false);
    } else {
      const closed = once(client, 'close');
      handler(req, res);
      await closed;
      expect(res.destroyed).toBe(true);
    }
  });
});

describe('createRouteHandler', () => {
  test('handles every request that it gets', async () => {
    const handler = createRouteHandler({ keys: KEY, on: { [TYPE]: () => {} } });
    const send = await serve(handler);
    expect(await send('/anywhere')).toBe('200 {"outcome":"handled"}');
    await handler.receiver.close();
  });

  test('takes a receiver of your own', async () => {
    const receiver = createReceiver({ keys: KEY });
    expect(createRouteHandler(receiver).receiver).toBe(receiver);
    const send = await serve(createRouteHandler(receiver));
    expect(await send('/')).toBe('200 {"outcome":"ignored"}');
  });
});

describe('toReceiver', () => {
  test('returns the receiver that it gets, or makes one', () => {
    const receiver = createReceiver({ keys: KEY });
    expect(toReceiver(receiver)).toBe(receiver);
    expect(toReceiver({ receiver })).toBe(receiver);
    expect(toReceiver({ keys: KEY, name: 'crm' }).name).toBe('crm');
  });
});

describe('receiveNodeRequest', () => {
  beforeEach(stopTime);
  afterEach(startTime);

  const sound = delivery('event-1', { timestampSeconds: NOW_MS / 1000 });

  function receive({ receiver }: ReturnType<typeof probe>, req: IncomingMessage): Promise<Receipt> {
    return receiveNodeRequest(receiver, req);
  }

  function open(headers: Readonly<Record<string, string>>, body = '') {
    const lines = Object.entries({ host: 'localhost', ...headers });
    const head = lines.map(([name, value]) => `${name}: ${value}`);
    return openRequest('POST /hooks HTTP/1.1', ...head, '', body);
  }

  test('resolves to the receipt, and writes nothing', async () => {
    const probed = probe({ on: { [TYPE]: () => {} } });
    const length = { 'content-length': String(sound.body.length) };
    const { req, res } = await open({ ...sound.headers, ...length }, sound.body.toString());
    const { outcome, response } = await receive(probed, req);
    expect(outcome).toBe('handled');
    expect(response.headers).not.toHaveProperty('connection');
    expect(res.headersSent).toBe(false);
  });

  test('rejects by the headers without reading a byte, and closes the connection', async () => {
    const { req } = await open({ 'content-length': '500000' }, 'x');
    const { response, error } = await receive(probe(), req);
    expect(error?.code).toBe('SIGNATURE_MISSING');
    expect(response.headers).toHaveProperty('connection', 'close');
    expect(req.readableDidRead).toBe(false);
  });

  test('keeps the connection if it has read everything that it rejects', async () => {
    const { req } = await open({ ...sound.headers, 'content-length': '2' }, '{}');
    const { response, error } = await receive(probe(), req);
    expect(error?.code).toBe('SIGNATURE_MISMATCH');
    expect(response.headers).not.toHaveProperty('connection');
  });

  test('answers a sender that is too slow with 503, and lets go of it', async () => {
    const { req } = await open({ ...sound.headers, 'content-length': '500' }, '{"half":');
    const before = listenerCounts(req);
    const isBeingRead = once(req, 'resume');
    const receiving = receive(probe(), req);
    await isBeingRead;
    await vi.advanceTimersByTimeAsync(10_000);
    const { response, error } = await receiving;
    expect(error?.code).toBe('BODY_TIMEOUT');
    expect(response).toMatchObject({ status: 503, headers: { connection: 'close', 'retry-after': '3' } });
    expect(listenerCounts(req)).toEqual(before);
  });

  test('says in general what happened if a parser left no bytes', async () => {
    const probed = probe();
    const { req } = await open({ ...sound.headers, 'content-length': '2' }, '{}');
    req.resume();
    await once(req, 'end');
    const { error } = await receiveNodeRequest(probed.receiver, Object.assign(req, { body: {} }));
    expect(error?.hint).toBe(
      'A body parser runs first and leaves no raw bytes. Register the webhook before it, or let the parser keep the ' +
        'bytes as req.rawBody.',
    );
  });

  test.each([
    ['what the request has', {}, '/original', 'bytes'],
    ['a url, if it is elsewhere', { url: '/elsewhere' }, '/elsewhere', 'bytes'],
    ['a body, if it is elsewhere', { rawBody: undefined, body: Buffer.from('other') }, '/original', 'bytes'],
    ['a raw body, if it is elsewhere', { rawBody: Buffer.from('other') }, '/original', 'other'],
  ])('uses %s', async (_what, options, url, body) => {
    const requests: { url?: string | undefined; body: unknown; method: string }[] = [];
    const receiver = createReceiver({ keys: KEY });
    const spy = { ...receiver, receive: vi.fn(receiver.receive) };
    const req = {
      method: 'POST',
      headers: {},
      url: '/cut',
      originalUrl: '/original',
      rawBody: Buffer.from('bytes'),
    } as unknown as NodeRequest;
    await receiveNodeRequest(spy, req, options);
    requests.push(...spy.receive.mock.calls.map(([request]) => request));
    expect(requests).toMatchObject([{ method: 'POST', url }]);
    expect(String(requests[0]?.body)).toBe(body);
  });

  test('uses the url of a request without an original one, and survives one without a method', async () => {
    const receiver = createReceiver({ keys: KEY });
    const spy = { ...receiver, receive: vi.fn(receiver.receive) };
    const req = { headers: {}, url: '/plain', body: Buffer.from('x') } as unknown as NodeRequest;
    const { error } = await receiveNodeRequest(spy, req);
    expect(spy.receive.mock.calls).toMatchObject([[{ method: '', url: '/plain' }]]);
    expect(error?.code).toBe('METHOD_NOT_ALLOWED');
  });
});
