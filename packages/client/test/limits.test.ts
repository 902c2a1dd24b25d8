import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { readError } from '../src/http/read-error.ts';
import { failure, INPUT, openClient, openServer, PASSWORD_GRANT } from './open.ts';

const KIBIBYTE = 1_024;
const MEBIBYTE = 1_024 * KIBIBYTE;
const MAX_RESPONSE_BYTES = 10 * MEBIBYTE;
/** Enough for what the sockets of both sides buffer. */
const BUFFERED_BYTES = 16 * MEBIBYTE;

/** A server that offers 64 MiB as every response, and says how much of it left when the connection has closed. */
async function openFlood(status: number, headers: Record<string, string>, start: string) {
  let sentBytes = 0;
  let whenClosed: Promise<unknown> = Promise.resolve();
  function* body() {
    yield start;
    const piece = Buffer.alloc(64 * KIBIBYTE, ' ');
    for (; sentBytes < 64 * MEBIBYTE; sentBytes += piece.length) yield piece;
    yield ']';
  }
  const server = await openServer((_req, res) => {
    whenClosed = once(res, 'close');
    res.writeHead(status, headers);
    pipeline(Readable.from(body()), res).catch(() => {}); // The client is expected to close the connection.
  });
  return {
    ...server,
    async sentBytes() {
      await whenClosed;
      return sentBytes;
    },
  };
}

describe('a response', () => {
  const listOf = (bytes: number) => openServer((_req, res) => res.end(`[${' '.repeat(bytes - 2)}]`));

  test('of 10 MiB is read', async () => {
    const { client } = openClient(await listOf(MAX_RESPONSE_BYTES));
    expect(await client.subscriptions.list()).toEqual([]);
  });

  test('with one byte more is an error that is not retried', async () => {
    const { client, requests } = openClient(await listOf(MAX_RESPONSE_BYTES + 1));
    expect(await failure(client.subscriptions.list())).toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
      status: 200,
      message: 'The response to GET /subscriptions is larger than 10 MiB.',
      hint: expect.stringContaining('pageSize'),
    });
    expect(requests).toEqual(['GET /subscriptions 200']);
  });

  test('is not downloaded beyond the limit', async () => {
    const server = await openFlood(200, {}, '[');
    const error = await failure(openClient(server).client.subscriptions.list());
    expect(error.code).toBe('RESPONSE_TOO_LARGE');
    expect(await server.sentBytes()).toBeLessThan(MAX_RESPONSE_BYTES + BUFFERED_BYTES);
  });

  test('with tokens is not downloaded beyond the limit either', async () => {
    const server = await openFlood(200, {}, '[');
    const error = await failure(openClient(server, { auth: PASSWORD_GRANT }).client.subscriptions.list());
    expect(error.code).toBe('RESPONSE_TOO_LARGE');
    expect(await server.sentBytes()).toBeLessThan(MAX_RESPONSE_BYTES + BUFFERED_BYTES);
  });

  test('to a create that is too large may hide a new subscription, so the client looks for it', async () => {
    const made = { id: '1', ...INPUT };
    const server = await openServer((req, res) =>
      res.end(req.method === 'GET' ? JSON.stringify([made]) : ' '.repeat(MAX_RESPONSE_BYTES + 1)),
    );
    const error = await failure(openClient(server).client.subscriptions.create(INPUT));
    expect(error).toMatchObject({
      code: 'KEY_LOST',
      subscription: { id: '1' },
      cause: { code: 'RESPONSE_TOO_LARGE' },
    });
  });

  test('may split a character between two pieces', async () => {
    const [first, second] = [Buffer.from([0xc3]), Buffer.from([0xa9])];
    const server = await openServer((_req, res) => {
      res.writeHead(400);
      res.write(first, () => setImmediate(() => res.end(second)));
    });
    expect(await failure(openClient(server).client.subscriptions.list())).toHaveProperty('detail', 'é');
  });
});

describe('an error', () => {
  test.each([
    ['text', 'text/plain', 'upstream timed out', { detail: 'upstream timed out' }],
    ['a page', 'text/html', '<title>Bad Gateway</title>', { title: 'Bad Gateway' }],
  ])('as %s without an end is read from its beginning', async (_title, contentType, start, expected) => {
    const server = await openFlood(502, { 'content-type': contentType }, start);
    const error = await failure(openClient(server, { retry: false }).client.subscriptions.list());
    expect(error).toMatchObject({ code: 'HTTP_ERROR', status: 502, ...expected });
    expect(await server.sentBytes()).toBeLessThan(BUFFERED_BYTES);
  });

  test('is read up to 64 KiB', async () => {
    const title = '<title>Bad Gateway</title>';
    const titleOf = async (offset: number) => {
      const server = await openServer((_req, res) =>
        res.writeHead(400, { 'content-type': 'text/html' }).end(`${' '.repeat(offset)}${title}`),
      );
      return (await failure(openClient(server).client.subscriptions.list())).title;
    };
    expect(await titleOf(64 * KIBIBYTE - title.length)).toBe('Bad Gateway');
    expect(await titleOf(64 * KIBIBYTE)).toBeUndefined();
  });

  test('that redirects is not downloaded', async () => {
    const server = await openFlood(302, { location: '/elsewhere' }, '');
    const error = await failure(openClient(server).client.subscriptions.list());
    expect(error.code).toBe('REDIRECTED');
    expect(await server.sentBytes()).toBeLessThan(BUFFERED_BYTES);
  });

  test.each([
    ['a page full of unfinished titles', 'text/html', '<title'],
    ['a page full of titles', 'text/html', '<title>'],
    ['a page full of spaces', 'text/html', ' '],
    ['a text full of spaces', 'text/plain', ' '],
    ['a text full of unfinished secrets', 'text/plain', 'aaaaaaab'],
    ['JSON without an end', 'application/json', '['],
  ])('is read in a time that grows with its length and no faster: %s', (_title, contentType, piece) => {
    const times = { short: Number.POSITIVE_INFINITY, long: Number.POSITIVE_INFINITY };
    const ratio = () => times.long / times.short;
    // Anything else on the machine can only make a round slower, so there are more of them while the ratio is too high.
    for (let round = 0; round < 10 || (round < 100 && ratio() >= 180); round++) {
      times.short = Math.min(times.short, timeToRead(contentType, piece, 2 * KIBIBYTE));
      times.long = Math.min(times.long, timeToRead(contentType, piece, 64 * KIBIBYTE));
    }
    // For 32 times the length, a linear time is about 32 times as long, and a quadratic one about 1,000 times.
    expect(ratio()).toBeLessThan(180);
  });
});

function timeToRead(contentType: string, piece: string, length: number): number {
  const headers = new Headers({ 'content-type': contentType });
  const text = piece.repeat(length / piece.length);
  const startedMs = performance.now();
  readError({ status: 502, headers, text }, { call: 'GET /', nowMs: 0, secrets: ['aaaaaaaaaaaaaaaa'] });
  return performance.now() - startedMs;
}
