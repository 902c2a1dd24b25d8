import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { BodyReader } from '@showpad-webhooks/core';
import { findRawBody, type RawBodySources } from '@showpad-webhooks/core/node';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startTime, stopTime } from '../support.ts';
import { openRequest } from './open-request.ts';

afterEach(startTime);

const JSON_BODY = '{"name":"Café 🥓"}';
const BYTES = Buffer.from(JSON_BODY);
const explainMissingBody = vi.fn(() => 'Move it above the parser.');

interface Sent {
  readonly bytes?: Buffer;
  readonly contentType?: string;
  readonly isChunked?: boolean;
}

/** A request as it reaches the server, before anything was read. */
async function unread({ bytes = BYTES, contentType = 'application/json', isChunked }: Sent = {}) {
  const head = [
    'POST / HTTP/1.1',
    'Host: localhost',
    ...(contentType ? [`Content-Type: ${contentType}`] : []),
  ];
  const { req, client } = isChunked
    ? await openRequest(...head, 'Transfer-Encoding: chunked', '', `${bytes.length.toString(16)}\r\n`)
    : await openRequest(...head, `Content-Length: ${bytes.length}`, '', '');
  client.write(bytes);
  if (isChunked) client.write('\r\n0\r\n\r\n');
  return req;
}

/** A request that a parser has read. */
async function parsed(sent?: Sent): Promise<IncomingMessage> {
  const req = await unread(sent);
  req.on('data', () => {});
  await once(req, 'end');
  return req;
}

async function find(sources: Omit<RawBodySources, 'explainMissingBody'>): Promise<Uint8Array> {
  const body = findRawBody({ explainMissingBody, ...sources });
  return typeof body === 'function' ? body(1_000) : body;
}

describe('findRawBody uses the bytes', () => {
  test.each([
    ['rawBody', { rawBody: BYTES, body: JSON.parse(JSON_BODY) }],
    ['rawBody before body', { rawBody: BYTES, body: Buffer.from('other') }],
    ['body', { body: BYTES }],
    ['body before a rawBody of text', { rawBody: 'other', body: BYTES }],
  ])('that a parser kept as %s, as they are', async (_where, sources) => {
    const found = findRawBody({ req: await parsed(), explainMissingBody, ...sources });
    expect(found).toBe(BYTES);
  });

  test('that a platform kept, although the stream is unread', async () => {
    expect(findRawBody({ req: await unread(), rawBody: new Uint8Array(BYTES), explainMissingBody })).toEqual(
      new Uint8Array(BYTES),
    );
  });

  test.each([undefined, {}, ''])(
    'of the stream if nothing has read it, and leaves the body %j alone',
    async (body) => {
      expect(await find({ req: await unread(), body })).toEqual(BYTES);
    },
  );

  test('of the stream up to the limit', async () => {
    const read = findRawBody({ req: await unread(), explainMissingBody }) as (
      limitBytes: number,
    ) => Promise<Uint8Array>;
    await expect(read(BYTES.length - 1)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  test('of the stream, and says how many it holds, so that they count as in flight', async () => {
    const read = findRawBody({ req: await unread(), explainMissingBody }) as BodyReader;
    const held: number[] = [];
    await read(1_000, (bytes) => held.push(bytes));
    expect(held.at(-1)).toBe(BYTES.length);
  });

  test('of the stream within 10 s', async () => {
    stopTime();
    const { req } = await openRequest('POST / HTTP/1.1', 'Host: localhost', 'Content-Length: 9', '', 'half');
    const refused = expect(find({ req })).rejects.toMatchObject({ code: 'BODY_TIMEOUT' });
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
  });

  test('of an empty body that a parser has read: there are none', async () => {
    expect(await find({ req: await parsed({ bytes: Buffer.alloc(0) }), body: {} })).toEqual(Buffer.alloc(0));
  });
});

describe('findRawBody uses a text', () => {
  const lossless: [string, Sent, object][] = [
    ['as rawBody', {}, { rawBody: JSON_BODY, body: JSON.parse(JSON_BODY) }],
    ['as body', {}, { body: JSON_BODY }],
    [
      'with the name of its charset',
      { contentType: 'application/json; charset="UTF-8"' },
      { body: JSON_BODY },
    ],
    ['without a type', { contentType: '' }, { body: JSON_BODY }],
    ['of the type text/plain', { contentType: 'text/plain;charset=utf8' }, { body: JSON_BODY }],
  ];
  test.each(lossless)('that must have the same bytes: %s', async (_what, sent, sources) => {
    expect(await find({ req: await parsed(sent), ...sources })).toEqual(BYTES);
  });

  const invalid = Buffer.from([0x22, 0xff, 0x22]);
  const withMark = Buffer.from(`\uFEFF${JSON_BODY}`);
  const lossy: [string, Sent, object][] = [
    [
      'with U+FFFD, which can stand for any byte',
      { bytes: Buffer.from('"\uFFFD"') },
      { rawBody: '"\uFFFD"' },
    ],
    ['of bytes that are not UTF-8', { bytes: invalid }, { rawBody: invalid.toString() }],
    ['in another charset', { contentType: 'application/json; charset=latin1' }, { rawBody: JSON_BODY }],
    ['in one with spaces', { contentType: 'application/json; charset = latin1' }, { rawBody: JSON_BODY }],
    ['in one whose name only begins so', { contentType: 'text/plain; charset=utf-80' }, { body: JSON_BODY }],
    ['in one whose name only ends so', { contentType: 'text/plain; charset=x-utf-8' }, { body: JSON_BODY }],
    ['without its byte order mark', { bytes: withMark }, { rawBody: JSON_BODY }],
    ['with a length that nobody declared', { isChunked: true }, { rawBody: JSON_BODY }],
    ['trimmed', { bytes: Buffer.from(`${JSON_BODY}\n`) }, { body: JSON_BODY }],
  ];
  test.each(lossy)('but never as a guess: %s', async (_what, sent, sources) => {
    await expect(find({ req: await parsed(sent), ...sources })).rejects.toMatchObject({
      code: 'RAW_BODY_UNAVAILABLE',
    });
  });
});

describe('findRawBody rejects at once what was parsed', () => {
  test.each([[{ name: 'Café' }], [undefined], [null], [[]]])(
    'into %j, and says how to fix it',
    async (body) => {
      const error = await find({ req: await parsed(), body }).catch((thrown) => thrown);
      expect(error).toMatchObject({
        code: 'RAW_BODY_UNAVAILABLE',
        message: 'The body was parsed before it could be verified.',
        hint: 'Move it above the parser.',
      });
    },
  );

  test('and asks for the explanation only then', async () => {
    explainMissingBody.mockClear();
    await find({ req: await parsed(), body: BYTES });
    const refuse = findRawBody({ req: await parsed(), body: {}, explainMissingBody });
    expect(explainMissingBody).not.toHaveBeenCalled();
    await expect((refuse as () => Promise<never>)()).rejects.toThrow();
    expect(explainMissingBody).toHaveBeenCalledTimes(1);
  });
});
