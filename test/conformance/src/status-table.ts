import { once } from 'node:events';
import {
  type Ledger,
  PermanentError,
  SIGNATURE_HEADER,
  sign,
  TIMESTAMP_HEADER,
} from '@showpad-webhooks/core';
import { expect, test, vi } from 'vitest';
import { LIMIT_BYTES, sized } from './bodies.ts';
import { head, open, send } from './http.ts';
import type { CreateServer } from './server.ts';
import {
  collectBodies,
  deliver,
  expectAnswer,
  KEY,
  PATH,
  signed,
  signedBytes,
  TYPE,
  useServers,
} from './support.ts';

export interface StatusTableOptions {
  readonly isFetch: boolean;
  readonly isBuffered: boolean;
}

export function statusTable(createServer: CreateServer, { isFetch, isBuffered }: StatusTableOptions): void {
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

  const nowSeconds = () => Math.floor(Date.now() / 1000);
  test.each([
    ['SIGNATURE_MISSING', () => ({ [SIGNATURE_HEADER]: '' })],
    ['SIGNATURE_MALFORMED', () => ({ [SIGNATURE_HEADER]: 'sha256=abc' })],
    ['SIGNATURE_MISMATCH', () => ({ [SIGNATURE_HEADER]: sign('other', KEY, nowSeconds()) })],
    ['TIMESTAMP_MISSING', () => ({ [TIMESTAMP_HEADER]: '' })],
    ['TIMESTAMP_MALFORMED', () => ({ [TIMESTAMP_HEADER]: '1e9' })],
    ['TIMESTAMP_MALFORMED', () => ({ [TIMESTAMP_HEADER]: [String(nowSeconds()), String(nowSeconds())] })],
    ['TIMESTAMP_TOO_OLD', () => ({ [TIMESTAMP_HEADER]: String(nowSeconds() - 400) })],
    ['TIMESTAMP_IN_FUTURE', () => ({ [TIMESTAMP_HEADER]: String(nowSeconds() + 400) })],
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
    expectAnswer(await deliver(server, signedBytes(Buffer.from(body))), 400, 'rejected', code);
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

  test('200 for GET if it is allowed, with the type that the query names', async () => {
    const server = await start({ methods: ['GET', 'POST'] });
    const seen: string[] = [];
    server.receiver.onAny((event) => seen.push(event.type));
    const { headers } = signedBytes(new Uint8Array());
    expectAnswer(
      await send(`${server.url}${PATH}?type=asset-viewed`, { method: 'GET', headers }),
      200,
      'handled',
    );
    expect(seen).toEqual(['asset-viewed']);
  });

  const framings = [
    ['declared', undefined],
    ['chunked', 4],
  ] as const;
  test.each(isFetch ? [] : framings)(
    'verifies a GET over whatever body arrives: %s',
    async (_, chunkBytes) => {
      const server = await start({ methods: ['GET'] });
      const bodies = collectBodies(server);
      const extra = { method: 'GET', ...(chunkBytes !== undefined && { chunkBytes }) };
      const delivery = signed();
      // Node's client sends the body of a GET unframed, unless it is told that it is chunked.
      const headers = { ...delivery.headers, ...(chunkBytes && { 'transfer-encoding': 'chunked' }) };
      expectAnswer(await send(server.url + PATH, { ...extra, headers, body: delivery.body }), 200, 'handled');
      expect(bodies).toEqual([delivery.body]);
      const tampered = Buffer.from(delivery.body.toString().replace('{', '{ '));
      const forged = await send(server.url + PATH, { ...extra, headers, body: tampered });
      expectAnswer(forged, 401, 'rejected', 'SIGNATURE_MISMATCH');
      const bodiless = await send(server.url + PATH, { method: 'GET', headers: delivery.headers });
      expectAnswer(bodiless, 401, 'rejected', 'SIGNATURE_MISMATCH');
    },
  );

  test('200 for a batched event of 1,000 items, which is larger than 1 MiB', async () => {
    const server = await start();
    const seen: unknown[] = [];
    server.receiver.on(TYPE, ({ data }) => seen.push(data));
    const items = Array.from({ length: 1_000 }, (_, index) => ({ id: `${index}`, name: 'ë'.repeat(1_000) }));
    const data = { initiator: { type: 'PARTICIPANT' }, items };
    const delivery = signed({ data });
    expect(delivery.body.byteLength).toBeGreaterThan(LIMIT_BYTES);
    expectAnswer(await deliver(server, delivery), 200, 'handled');
    expect(JSON.stringify(seen) === JSON.stringify([data])).toBe(true);
  });

  test('200 for an event that is old when it is sent', async () => {
    const server = await start();
    const seen: (Date | undefined)[] = [];
    server.receiver.on(TYPE, ({ date }) => seen.push(date));
    const time = '2020-02-03T04:05:06.000Z';
    const old = signedBytes(
      Buffer.from(JSON.stringify({ type: TYPE, id: 'old', specversion: 1, time, data: {} })),
    );
    expectAnswer(await deliver(server, old), 200, 'handled');
    expect(seen).toEqual([new Date(time)]);
  });

  const tooLong = 4 * LIMIT_BYTES + 1;
  test.each(isBuffered ? [] : [tooLong])(
    '413 for a declared length of %i, before the body is sent',
    async (length) => {
      const server = await start({ maxBodyBytes: LIMIT_BYTES });
      const socket = await open(server.url);
      socket.write(head(server.url + PATH, { ...signed().headers, 'content-length': String(length) }));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 [\s\S]*BODY_TOO_LARGE/);
      if (!isFetch) expect(answer.toString().toLowerCase()).toContain('connection: close');
      socket.destroy();
    },
  );

  test.each([
    ['declared', undefined],
    ['chunked', 64 * 1024],
  ])('503 for an authentic event over the limit, and 401 for a forged one: %s', async (_, chunkBytes) => {
    const server = await start({ maxBodyBytes: LIMIT_BYTES });
    const extra = chunkBytes === undefined ? {} : { chunkBytes };
    const tooLarge = signedBytes(sized(LIMIT_BYTES + 1));
    expectAnswer(await deliver(server, tooLarge, extra), 503, 'unavailable', 'EVENT_TOO_LARGE');
    const forged = { ...tooLarge, body: sized(LIMIT_BYTES + 2) };
    expectAnswer(await deliver(server, forged, extra), 401, 'rejected', 'SIGNATURE_MISMATCH');
    expectAnswer(await deliver(server, signed()), 200, 'ignored');
  });

  test('413 for a body of more than four times the limit, chunked', async () => {
    const server = await start({ maxBodyBytes: 1_000 });
    const answer = await deliver(server, signedBytes(sized(4_001)), { chunkBytes: 64 });
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

  test('422 failed for a PermanentError: a dead letter, which is not handled again', async () => {
    const server = await start();
    const letters: string[] = [];
    server.receiver
      .on(TYPE, () => {
        throw new PermanentError('never');
      })
      .onDeadLetter((letter) => letters.push(letter.reason));
    const delivery = signed();
    expectAnswer(await deliver(server, delivery), 422, 'failed', 'PERMANENT_FAILURE');
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

  test('503 HANDLER_TIMEOUT for a slow handler, which keeps its event and never runs twice at once', async () => {
    const server = await start({ handlerTimeoutMs: 50 });
    let runs = 0;
    let letGo = () => {};
    const isLetGo = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    server.receiver.on(TYPE, () => {
      runs++;
      return isLetGo;
    });
    const delivery = signed();
    expectAnswer(await deliver(server, delivery), 503, 'unavailable', 'HANDLER_TIMEOUT');
    expectAnswer(await deliver(server, delivery), 503, 'unavailable', 'IN_PROGRESS');
    expect(runs).toBe(1);
    letGo();
    expectAnswer(await deliver(server, delivery), 200, 'duplicate');
    expect(runs).toBe(1);
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
    if (!isFetch) expect(answer.headers.connection).toBe('close');
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
