import { once } from 'node:events';
import {
  type EventMap,
  type EventSchemas,
  type Ledger,
  type Outcome,
  PermanentError,
  parseEvent,
  type ReceiverOptions,
  sign,
} from '@showpad-webhooks/core';
import {
  type SignedDelivery,
  type SignedDeliveryOptions,
  signedDelivery,
} from '@showpad-webhooks/core/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { FIDELITY_CASES, flipped, LIMIT_BYTES, sized } from './bodies.ts';
import { type Answer, head, open, readAll, type Sendable, send, statusOf } from './http.ts';
import type { CreateServer, ServerSetup, TestServer } from './server.ts';
import document from './vectors.json' with { type: 'json' };

const KEY = 'conformance-key';
const PATH = '/webhooks/showpad';
const TYPE = 'fidelity';

export interface SuiteOptions {
  /**
   * Where true, the adapter sees the bytes whatever the app's parser does, since it comes before it by itself.
   * Else a parser that came first may leave no bytes, and 503 is a right answer.
   */
  readonly isAlwaysFirst?: boolean;
}

/** Drives an adapter over real HTTP: what each must do, whatever its framework. */
export function defineAdapterSuite(
  name: string,
  createServer: CreateServer,
  { isAlwaysFirst = false }: SuiteOptions = {},
): void {
  describe(name, () => {
    describe('status table', () => statusTable(createServer));
    describe('signature vectors', () => signatureVectors(createServer));
    describe('body fidelity', () => bodyFidelity(createServer));
    describe('duplicates', () => duplicates(createServer));
    describe('broken connections', () => brokenConnections(createServer));
    for (const parser of ['none', 'before', 'after'] as const) {
      describe(`other routes, parser ${parser}`, () => otherRoutes(createServer, parser));
    }
    describe('a parser that comes after', () => parserAfter(createServer));
    describe('a parser that comes first', () => parserBefore(createServer, isAlwaysFirst));
  });
}

/** Starts servers for one test and stops them after it. */
function useServers(
  createServer: CreateServer,
): (
  options?: Partial<ReceiverOptions<EventMap, EventSchemas>>,
  parser?: ServerSetup['parser'],
) => Promise<TestServer> {
  const servers: TestServer[] = [];
  afterEach(async () => {
    vi.useRealTimers();
    for (const server of servers.splice(0)) await server.close();
  });
  return async (options, parser = 'none') => {
    const setup = { options: { keys: KEY, ...options }, path: PATH, parser } as ServerSetup;
    const server = await createServer(setup);
    servers.push(server);
    return server;
  };
}

function deliver({ url }: TestServer, delivery: SignedDelivery, extra: Sendable = {}): Promise<Answer> {
  return send(url + PATH, { ...delivery, ...extra, headers: { ...delivery.headers, ...extra.headers } });
}

function signed(
  options: Partial<SignedDeliveryOptions> = {},
  source: string | Uint8Array = TYPE,
): SignedDelivery {
  return signedDelivery(source, { key: KEY, ...options });
}

function expectAnswer(answer: Answer, status: number, outcome: Outcome, code?: string): void {
  expect({ status: answer.status, body: JSON.parse(answer.body) }).toEqual({
    status,
    body: code === undefined ? { outcome } : { outcome, code },
  });
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['retry-after']).toBe(status === 503 ? '3' : undefined);
}

function statusTable(createServer: CreateServer): void {
  const start = useServers(createServer);

  test('200 handled, and the handler has the event and the exact bytes', async () => {
    const server = await start();
    const seen: unknown[] = [];
    server.receiver.on(TYPE, (event, context) => {
      seen.push(
        event.type,
        event.data,
        Buffer.from(context.rawBody).toString('utf8'),
        context.headers['x-mine'],
        context.url,
      );
    });
    const delivery = signed({ data: { a: 'ë' }, headers: { 'x-mine': 'yes' } });
    expectAnswer(await deliver(server, delivery), 200, 'handled');
    expect(seen).toEqual([TYPE, { a: 'ë' }, delivery.body.toString('utf8'), 'yes', PATH]);
  });

  test('200 ignored, for a type that nothing handles', async () => {
    expectAnswer(await deliver(await start(), signed()), 200, 'ignored');
  });

  test('200 duplicate, and the handler does not run again', async () => {
    const server = await start();
    const handler = vi.fn();
    server.receiver.on(TYPE, handler);
    const delivery = signed();
    expectAnswer(await deliver(server, delivery), 200, 'handled');
    expectAnswer(await deliver(server, delivery), 200, 'duplicate');
    expect(handler).toHaveBeenCalledOnce();
  });

  const { timestamp, signature } = {
    timestamp: 'x-showpad-signature-timestamp',
    signature: 'x-showpad-signature-v1',
  };
  const nowSeconds = () => Math.floor(Date.now() / 1000);
  test.each([
    ['SIGNATURE_MISSING', () => ({ [signature]: '' })],
    ['SIGNATURE_MALFORMED', () => ({ [signature]: 'sha256=abc' })],
    ['SIGNATURE_MISMATCH', () => ({ [signature]: sign('other', KEY, nowSeconds()) })],
    ['TIMESTAMP_MISSING', () => ({ [timestamp]: '' })],
    ['TIMESTAMP_MALFORMED', () => ({ [timestamp]: '1e9' })],
    ['TIMESTAMP_MALFORMED', () => ({ [timestamp]: [String(nowSeconds()), String(nowSeconds())] })],
    ['TIMESTAMP_TOO_OLD', () => ({ [timestamp]: String(nowSeconds() - 400) })],
    ['TIMESTAMP_IN_FUTURE', () => ({ [timestamp]: String(nowSeconds() + 400) })],
  ] as const)('401 %s, and the handler does not run', async (code, headers) => {
    const server = await start();
    const handler = vi.fn();
    server.receiver.onAny(handler);
    expectAnswer(await deliver(server, signed(), { headers: headers() }), 401, 'rejected', code);
    expect(handler).not.toHaveBeenCalled();
  });

  test.each([
    ['BODY_INVALID', 'no json'],
    ['BODY_INVALID', '[]'],
    ['EVENT_INVALID', '{"type":"x"}'],
    ['EVENT_INVALID', '{"id":"1"}'],
  ])('400 %s for an authentic %s, which becomes a dead letter', async (code, body) => {
    const server = await start();
    const letters: string[] = [];
    server.receiver.onDeadLetter(({ reason, rawBody }) =>
      letters.push(reason, Buffer.from(rawBody).toString()),
    );
    expectAnswer(await deliver(server, signed({}, Buffer.from(body))), 400, 'rejected', code);
    expect(letters).toEqual(['invalid', body]);
  });

  test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('405 for %s, with Allow', async (method) => {
    const answer = await deliver(await start(), signed(), { method });
    expectAnswer(answer, 405, 'rejected', 'METHOD_NOT_ALLOWED');
    expect(answer.headers.allow).toBe('POST');
  });

  test('405 for HEAD, without a body', async () => {
    const { status, headers, body } = await send((await start()).url + PATH, { method: 'HEAD' });
    expect([status, headers.allow, body]).toEqual([405, 'POST', '']);
  });

  test('200 for GET where it is allowed, with the type that the query names', async () => {
    const server = await start({ methods: ['GET', 'POST'] });
    const seen: string[] = [];
    server.receiver.onAny((event) => seen.push(event.type));
    const { headers } = signed({}, new Uint8Array());
    expectAnswer(
      await send(`${server.url}${PATH}?type=asset-viewed`, { method: 'GET', headers }),
      200,
      'handled',
    );
    expect(seen).toEqual(['asset-viewed']);
  });

  test('413 for a declared length over the limit, before the body is sent', async () => {
    const server = await start();
    const socket = await open(server.url);
    socket.write(head(server.url + PATH, { ...signed().headers, 'content-length': String(LIMIT_BYTES + 1) }));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 [\s\S]*BODY_TOO_LARGE/);
    expect(answer.toString().toLowerCase()).toContain('connection: close');
    socket.destroy();
  });

  test.each([
    ['declared', undefined],
    ['chunked', 64 * 1024],
  ])('413 for one byte over the limit, %s', async (_, chunkBytes) => {
    const server = await start();
    const extra = chunkBytes === undefined ? {} : { chunkBytes };
    const answer = await deliver(server, signed({}, sized(LIMIT_BYTES + 1)), extra);
    expectAnswer(answer, 413, 'rejected', 'BODY_TOO_LARGE');
    expectAnswer(await deliver(server, signed()), 200, 'ignored');
  });

  test.each(['gzip', 'deflate', 'br', 'GZIP', 'gzip, identity'])(
    '415 for Content-Encoding %s',
    async (encoding) => {
      const answer = await deliver(await start(), signed(), { headers: { 'content-encoding': encoding } });
      expectAnswer(answer, 415, 'rejected', 'ENCODING_UNSUPPORTED');
    },
  );

  test('422 for a PermanentError, which becomes a dead letter and is not handled again', async () => {
    const server = await start();
    const letters: string[] = [];
    server.receiver
      .on(TYPE, () => {
        throw new PermanentError('never');
      })
      .onDeadLetter((letter) => letters.push(letter.reason));
    const delivery = signed();
    expectAnswer(await deliver(server, delivery), 422, 'refused', 'PERMANENT_FAILURE');
    expectAnswer(await deliver(server, delivery), 200, 'duplicate');
    expect(letters).toEqual(['permanent']);
  });

  test.each([
    ['an error', new Error('no')],
    [
      'an error with a status of its own',
      Object.assign(new Error('no'), { status: 404, statusCode: 404, expose: true }),
    ],
    ['null', null],
    ['a string', 'no'],
  ])('500 for a handler that throws %s, then 200 on the retry', async (_, thrown) => {
    const server = await start();
    const attempts: number[] = [];
    server.receiver.on(TYPE, async (_event, { attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw thrown;
    });
    const delivery = signed();
    expectAnswer(await deliver(server, delivery), 500, 'failed', 'HANDLER_FAILED');
    expectAnswer(await deliver(server, delivery), 200, 'handled');
    expect(attempts).toEqual([1, 2]);
  });

  test('503 for a key lookup that fails', async () => {
    const keys = () => Promise.reject(new Error('no database'));
    expectAnswer(await deliver(await start({ keys }), signed()), 503, 'unavailable', 'KEY_LOOKUP_FAILED');
  });

  test('503 for a ledger that fails', async () => {
    const fail = () => Promise.reject(new Error('no database'));
    const ledger: Ledger = { claim: fail, checkpoint: fail, complete: fail, release: fail };
    const server = await start({ ledger });
    server.receiver.onAny(() => {});
    expectAnswer(await deliver(server, signed()), 503, 'unavailable', 'LEDGER_FAILED');
  });

  test('503 after close', async () => {
    const server = await start();
    await server.receiver.close();
    const answer = await deliver(server, signed());
    expectAnswer(answer, 503, 'unavailable', 'CLOSED');
    expect(answer.headers.connection).toBe('close');
  });

  test('nothing of the cause in any answer', async () => {
    const server = await start();
    server.receiver.on(TYPE, () => {
      throw new Error('secret-detail');
    });
    const answer = await deliver(server, signed());
    expect(answer.body + JSON.stringify(answer.headers)).not.toMatch(
      /secret-detail|conformance-key|hint|at .*\.ts/,
    );
  });
}

function signatureVectors(createServer: CreateServer): void {
  let server: TestServer;
  let current: (typeof document.vectors)[number];
  beforeAll(async () => {
    const options = { keys: () => current.keys, clock: () => current.now * 1000 };
    server = await createServer({ options, path: PATH, parser: 'none' });
  });
  afterAll(() => server.close());

  // HTTP drops white space around a header's value, so these arrive as something else than they say.
  const trimmed: Readonly<Record<string, string>> = {
    'timestamp " "': 'TIMESTAMP_MISSING',
    'timestamp "1669302166 "': 'SIGNATURE_MISMATCH',
  };

  test.each(document.vectors)('$name: $expect', async (vector) => {
    current = vector;
    const body = Buffer.from(vector.bodyBase64, 'base64');
    const socket = await open(server.url);
    const headers = {
      'content-length': String(body.byteLength),
      connection: 'close',
      'x-showpad-signature-timestamp': vector.timestamp,
      'x-showpad-signature-v1': vector.signature,
    };
    socket.write(Buffer.concat([head(server.url + PATH, headers), body]));
    const answer = await readAll(socket);
    const { code } = JSON.parse(answer.slice(answer.indexOf('{')).replace(/\}[\s\S]*$/, '}')) as {
      code?: string;
    };
    expect(code ?? 'valid').toBe(
      trimmed[vector.name] ?? (vector.expect === 'valid' ? codeOf(body) : vector.expect),
    );
  });

  /** An authentic body may still be no event. */
  function codeOf(body: Buffer): string {
    try {
      parseEvent(body);
      return 'valid';
    } catch (error) {
      return (error as { code: string }).code;
    }
  }
}

/** Collects the exact bytes that the receiver saw, whether they were an event or not. */
function collectBodies({ receiver }: TestServer): Buffer[] {
  const bodies: Buffer[] = [];
  receiver.onAny((_event, { rawBody }) => bodies.push(Buffer.from(rawBody)));
  receiver.onDeadLetter(({ rawBody }) => bodies.push(Buffer.from(rawBody)));
  return bodies;
}

function bodyFidelity(createServer: CreateServer): void {
  let server: TestServer;
  let bodies: Buffer[];
  beforeAll(async () => {
    server = await createServer({
      options: { keys: KEY, ledger: false, maxBodyBytes: LIMIT_BYTES },
      path: PATH,
      parser: 'none',
    });
    bodies = collectBodies(server);
  });
  afterAll(() => server.close());

  test.each(FIDELITY_CASES)(
    'takes $name as it was sent, and refuses it with one bit flipped',
    async (fidelityCase) => {
      const { body, headers = {}, chunkBytes, isEvent = true } = fidelityCase;
      const { 'content-type': _, ...signature } = signed({}, body).headers;
      const request = {
        headers: { ...signature, ...headers },
        ...(chunkBytes !== undefined && { chunkBytes }),
      };

      bodies.length = 0;
      const answer = await send(server.url + PATH, { ...request, body });
      if (isEvent) expectAnswer(answer, 200, 'handled');
      else expectAnswer(answer, 400, 'rejected', 'BODY_INVALID');
      expect(bodies).toHaveLength(1);
      expect(bodies[0]?.equals(body)).toBe(true);

      const forged = await send(server.url + PATH, { ...request, body: flipped(body) });
      expectAnswer(forged, 401, 'rejected', 'SIGNATURE_MISMATCH');
      expect(bodies).toHaveLength(1);
    },
  );
}

function duplicates(createServer: CreateServer): void {
  const start = useServers(createServer);

  test('runs the handler once for 20 of the same at the same time', async () => {
    const server = await start();
    let runs = 0;
    let letGo = () => {};
    const othersAnswered = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    server.receiver.on(TYPE, async () => {
      runs++;
      await othersAnswered;
    });
    const delivery = signed();
    let refused = 0;
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const answer = await deliver(server, delivery);
        // The one that runs is let go only when every other has had its answer.
        if (answer.status === 503 && ++refused === 19) letGo();
        return answer;
      }),
    );
    expect(runs).toBe(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expectAnswer(answer, 503, 'unavailable', 'IN_PROGRESS');
    }
    expectAnswer(await deliver(server, delivery), 200, 'duplicate');
  });

  test('runs the handler for each of 50 different ones', async () => {
    const server = await start();
    const ids = new Set<string>();
    server.receiver.on(TYPE, (event) => ids.add(event.id));
    const answers = await Promise.all(Array.from({ length: 50 }, () => deliver(server, signed())));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(ids.size).toBe(50);
  });
}

function brokenConnections(createServer: CreateServer): void {
  const start = useServers(createServer);

  /** Resolves with the code of the next error, whichever listener it reaches. */
  function nextError({ receiver }: TestServer): Promise<string> {
    return new Promise((resolve) => {
      receiver.onError((error) => resolve(error.code)).onRejected((error) => resolve(error.code));
    });
  }

  function headOf(server: TestServer, delivery: SignedDelivery, contentLength: number): Buffer {
    return head(server.url + PATH, { ...delivery.headers, 'content-length': String(contentLength) });
  }

  test('forgets a sender that hangs up halfway, and takes its retry', async () => {
    const server = await start();
    const handler = vi.fn();
    server.receiver.on(TYPE, handler);
    const error = nextError(server);
    const delivery = signed();
    const socket = await open(server.url);
    socket.write(headOf(server, delivery, delivery.body.byteLength));
    socket.write(delivery.body.subarray(0, 20));
    // Node tells the app of a request once its headers are there: by then another one has its answer.
    await send(`${server.url}/hello`, { method: 'GET' });
    socket.destroy();
    expect(await error).toBe('RAW_BODY_UNAVAILABLE');
    expect(handler).not.toHaveBeenCalled();
    expectAnswer(await deliver(server, delivery), 200, 'handled');
  });

  test('never takes a body shorter than its Content-Length for whole', async () => {
    const server = await start();
    const error = nextError(server);
    const delivery = signed();
    const socket = await open(server.url);
    socket.end(Buffer.concat([headOf(server, delivery, delivery.body.byteLength + 10), delivery.body]));
    expect(await readAll(socket)).not.toContain('handled');
    expect(await error).toBe('RAW_BODY_UNAVAILABLE');
  });

  test('refuses a body longer than its Content-Length', async () => {
    const server = await start();
    const handler = vi.fn();
    server.receiver.onAny(handler);
    const delivery = signed();
    const socket = await open(server.url);
    socket.end(Buffer.concat([headOf(server, delivery, delivery.body.byteLength - 10), delivery.body]));
    // Node may answer what follows, which is no request, before the app answers the delivery.
    expect([400, 401]).toContain(statusOf(await readAll(socket)));
    expect(handler).not.toHaveBeenCalled();
  });

  test('answers 503 to a sender that is too slow, and lets it go', async () => {
    const server = await start();
    const delivery = signed();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const socket = await open(server.url);
    socket.write(headOf(server, delivery, delivery.body.byteLength));
    const received = readAll(socket);
    while (vi.getTimerCount() === 0) await new Promise(setImmediate);
    vi.advanceTimersByTime(10_000);
    while (vi.getTimerCount() === 0) await new Promise(setImmediate);
    vi.advanceTimersByTime(1_000);
    const answer = await received;
    expect(statusOf(answer)).toBe(503);
    expect(answer).toContain('BODY_TIMEOUT');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('takes several deliveries on one connection', async () => {
    const server = await start();
    const ids: string[] = [];
    server.receiver.on(TYPE, (event) => ids.push(event.id));
    const deliveries = ['1', '2', '3'].map((id) => signed({ id }));
    const socket = await open(server.url);
    socket.write(
      Buffer.concat(deliveries.flatMap((each) => [headOf(server, each, each.body.byteLength), each.body])),
    );
    let answers = '';
    for await (const chunk of socket) {
      answers += String(chunk);
      if (answers.split('HTTP/1.1 200').length === 4) break;
    }
    expect(ids).toEqual(['1', '2', '3']);
  });
}

function otherRoutes(createServer: CreateServer, parser: ServerSetup['parser']): void {
  const start = useServers(createServer);

  test('are answered by the app', async () => {
    const { url } = await start({}, parser);
    expect(await send(`${url}/hello`, { method: 'GET' })).toMatchObject({ status: 200, body: 'hello' });
    if (parser === 'none') return;
    const body = Buffer.from('{"a":["ë",1.0]}');
    const echo = await send(`${url}/echo`, { body, headers: { 'content-type': 'application/json' } });
    expect([Math.floor(echo.status / 100), JSON.parse(echo.body)]).toEqual([2, { a: ['ë', 1] }]);
  });

  test.each([
    `${PATH}/more`,
    `${PATH}s`,
    '/webhooks',
    '/other/../webhooks/showpa',
    '/webhooks/%73howpad',
    `/${PATH}`,
    '/WEBHOOKS/SHOWPAD',
  ])('%s is not taken for the webhook', async (path) => {
    const server = await start({}, parser);
    const handler = vi.fn();
    server.receiver.onAny(handler);
    const { hostname, port } = new URL(server.url);
    const socket = await open(server.url);
    const { headers, body } = signed();
    const lines = Object.entries({
      host: `${hostname}:${port}`,
      ...headers,
      connection: 'close',
      'content-length': body.length,
    });
    socket.write(
      `POST ${path} HTTP/1.1\r\n${lines.map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n`,
    );
    socket.write(body);
    expect(statusOf(await readAll(socket))).toBe(404);
    expect(handler).not.toHaveBeenCalled();
  });

  test('a trailing slash and a query are the webhook all the same', async () => {
    const server = await start();
    for (const suffix of ['/', '?a=b', '/?a=b']) {
      expectAnswer(await send(server.url + PATH + suffix, signed()), 200, 'ignored');
    }
  });
}

function parserAfter(createServer: CreateServer): void {
  const start = useServers(createServer);

  test('takes a body of 1 MiB that the parser would refuse', async () => {
    const server = await start({}, 'after');
    const bodies = collectBodies(server);
    const body = sized(LIMIT_BYTES);
    expectAnswer(await deliver(server, signed({}, body)), 200, 'handled');
    expect(bodies[0]?.equals(body)).toBe(true);
  });
}

function parserBefore(createServer: CreateServer, isAlwaysFirst: boolean): void {
  let server: TestServer;
  let bodies: Buffer[];
  const hints: string[] = [];
  beforeAll(async () => {
    server = await createServer({ options: { keys: KEY, ledger: false }, path: PATH, parser: 'before' });
    bodies = collectBodies(server);
    server.receiver.onError((error) => hints.push(error.hint));
  });
  afterAll(() => server.close());

  const cases = FIDELITY_CASES.filter(({ passesParsers }) => isAlwaysFirst || passesParsers);

  test.each(cases)(
    'either has the exact bytes of $name, or answers 503 and says why',
    async (fidelityCase) => {
      const { body, headers = {}, chunkBytes, isEvent = true } = fidelityCase;
      const { 'content-type': _, ...signature } = signed({}, body).headers;
      const request = {
        headers: { ...signature, ...headers },
        ...(chunkBytes !== undefined && { chunkBytes }),
      };
      bodies.length = 0;
      hints.length = 0;

      const answer = await send(server.url + PATH, { ...request, body });
      if (answer.status === 503 && !isAlwaysFirst) {
        expectAnswer(answer, 503, 'unavailable', 'RAW_BODY_UNAVAILABLE');
        expect(hints.join()).toMatch(/showpadWebhooks/);
        return;
      }
      if (isEvent) expectAnswer(answer, 200, 'handled');
      else expectAnswer(answer, 400, 'rejected', 'BODY_INVALID');
      expect(bodies[0]?.equals(body)).toBe(true);
      const forged = await send(server.url + PATH, { ...request, body: flipped(body) });
      expect([400, 401]).toContain(forged.status);
      expect(bodies).toHaveLength(1);
    },
  );

  test('refuses an unsigned delivery all the same', async () => {
    const body = Buffer.from('{"type":"fidelity","id":"1"}');
    const answer = await send(server.url + PATH, { body, headers: { 'content-type': 'application/json' } });
    expectAnswer(answer, 401, 'rejected', 'SIGNATURE_MISSING');
  });
}
