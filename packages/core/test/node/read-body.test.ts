import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { readBody } from '@showpad-webhooks/core/node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTime, stopTime } from '../support.ts';
import { listenerCounts, openPost, openRequest } from './open-request.ts';

beforeEach(stopTime);
afterEach(startTime);

const LIMIT = 1_000;

/** Reads the body, and checks that nothing is left behind, however it ends. */
async function readAndCheck(req: IncomingMessage, limitBytes: number = LIMIT): Promise<Uint8Array> {
  const before = listenerCounts(req);
  try {
    return await readBody(req, limitBytes);
  } finally {
    expect(listenerCounts(req)).toEqual(before);
    expect(vi.getTimerCount()).toBe(0);
  }
}

function openChunked(...chunks: string[]) {
  const encoded = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  const head = ['POST / HTTP/1.1', 'Host: localhost', 'Transfer-Encoding: chunked', ''];
  return openRequest(...head, `${encoded}0\r\n\r\n`);
}

describe('readBody resolves to the exact bytes', () => {
  test('whatever they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const { req, client } = await openPost(256);
    client.write(bytes);
    expect(await readAndCheck(req)).toEqual(bytes);
  });

  test('of a body that comes in pieces', async () => {
    const { req, client } = await openPost(6, 'ab');
    const reading = readAndCheck(req);
    for (const piece of ['cd', 'ef']) {
      await once(req, 'data');
      client.write(piece);
    }
    expect(Buffer.from(await reading).toString()).toBe('abcdef');
  });

  test('and takes no more memory than the sender has declared', async () => {
    const { req, client } = await openPost(30_000, 'x'.repeat(20_000));
    const reading = readAndCheck(req, 30_000);
    await once(req, 'data');
    client.write('x'.repeat(10_000));
    const { length, buffer } = await reading;
    expect([length, buffer.byteLength]).toEqual([30_000, 30_000]);
  });

  test('of a chunked body', async () => {
    const { req } = await openChunked('{"a":', '1}');
    expect(Buffer.from(await readAndCheck(req)).toString()).toBe('{"a":1}');
  });

  test('of an empty body: there are none', async () => {
    const { req } = await openPost(0);
    expect(await readAndCheck(req)).toEqual(Buffer.alloc(0));
  });

  test('of a request without a body: there are none', async () => {
    const { req } = await openRequest('GET / HTTP/1.1', 'Host: localhost', '', '');
    expect(await readAndCheck(req)).toEqual(Buffer.alloc(0));
  });
});

describe('readBody keeps to its limit', () => {
  test('a body of exactly the limit passes', async () => {
    const { req } = await openPost(LIMIT, 'x'.repeat(LIMIT));
    expect(await readAndCheck(req)).toHaveLength(LIMIT);
  });

  test('one byte more is rejected', async () => {
    const { req } = await openPost(LIMIT + 1, 'x'.repeat(LIMIT + 1));
    await expect(readAndCheck(req)).rejects.toMatchObject({
      code: 'BODY_TOO_LARGE',
      message: 'The body is larger than 1000 bytes.',
    });
  });

  test('a chunked body, which declares no length, is rejected as soon as it passes the limit', async () => {
    const { req } = await openChunked('x'.repeat(LIMIT), 'x');
    await expect(readAndCheck(req)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });
});

describe('onHeld', () => {
  test('hears how many bytes are held, before they are', async () => {
    const { req } = await openChunked('{"a":', '1}');
    const onHeld = vi.fn();
    await readBody(req, LIMIT, { onHeld });
    expect(onHeld.mock.calls.at(-1)).toEqual([7]);
  });

  test('ends reading by throwing', async () => {
    const { req } = await openPost(10, 'half');
    const before = listenerCounts(req);
    const full = new Error('There is no room.');
    const onHeld = () => {
      throw full;
    };
    await expect(readBody(req, LIMIT, { onHeld })).rejects.toBe(full);
    expect(listenerCounts(req)).toEqual(before);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('readBody settles whatever the sender does', () => {
  test('who closes the connection halfway', async () => {
    const { req, client } = await openPost(10, 'half');
    const reading = expect(readAndCheck(req)).rejects.toMatchObject({
      code: 'RAW_BODY_UNAVAILABLE',
      message: 'The sender went away before the body was complete.',
    });
    await once(req, 'data');
    client.destroy();
    await reading;
  });

  test('who is too slow', async () => {
    const { req } = await openPost(10, 'half');
    const settled = vi.fn();
    const reading = readAndCheck(req).finally(settled);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(settled).not.toHaveBeenCalled();
    const refused = expect(reading).rejects.toMatchObject({
      code: 'BODY_TIMEOUT',
      message: 'The body was not complete after 10000 ms.',
      hint: 'The network is slow, or somebody sends slowly on purpose. The response was 503, so Showpad will retry.',
    });
    await vi.advanceTimersByTimeAsync(1);
    await refused;
  });

  test('who needs longer than timeoutMs, although it never stops sending', async () => {
    const { req, client } = await openPost(10);
    const refused = expect(readBody(req, LIMIT, { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'BODY_TIMEOUT',
      message: 'The body was not complete after 30 ms.',
    });
    for (const piece of ['a', 'b', 'c']) {
      client.write(piece);
      await once(req, 'data');
      await vi.advanceTimersByTimeAsync(10);
    }
    await refused;
  });
});

describe('readBody never waits for a stream', () => {
  const unavailable = (message: string) => ({
    code: 'RAW_BODY_UNAVAILABLE',
    message,
    hint:
      'If a body parser ran first, register the webhook before it. If the sender closed the connection, there is nothing ' +
      'to fix.',
  });
  const usedUp = unavailable('The request stream was read or closed before.');

  test('that was read before', async () => {
    const { req } = await openPost(4, 'full');
    for await (const chunk of req) expect(chunk).toEqual(Buffer.from('full'));
    await expect(readAndCheck(req)).rejects.toMatchObject(usedUp);
  });

  test('that is being read', async () => {
    const { req } = await openPost(10, 'half');
    req.on('data', () => {});
    await once(req, 'data');
    await expect(readAndCheck(req)).rejects.toMatchObject(usedUp);
  });

  test('that ended without a byte', async () => {
    const { req } = await openPost(0);
    const reading = new Promise((resolve) => {
      req.on('end', () => resolve(readBody(req, LIMIT))).resume();
    });
    await expect(reading).rejects.toMatchObject(usedUp);
  });

  test('that somebody paused', async () => {
    const { req } = await openPost(4, 'full');
    expect(Buffer.from(await readAndCheck(req.pause())).toString()).toBe('full');
  });

  test('that somebody listens to with "readable", because it does not flow then', async () => {
    const { req } = await openPost(4, 'full');
    req.on('readable', () => {});
    await expect(readAndCheck(req)).rejects.toMatchObject(
      unavailable('Something else listens to "readable" on the request stream.'),
    );
  });

  test('that is destroyed', async () => {
    const { req } = await openPost(4, 'full');
    await expect(readAndCheck(req.destroy())).rejects.toMatchObject(usedUp);
  });

  test.each([
    ['with an error', new Error('The stream is broken.')],
    ['without one', undefined],
  ])('that is destroyed while it is read, %s', async (_how, error) => {
    const { req } = await openPost(10, 'half');
    const refused = expect(readAndCheck(req)).rejects.toMatchObject({
      code: 'RAW_BODY_UNAVAILABLE',
      message: 'The sender went away before the body was complete.',
    });
    await once(req, 'data');
    req.destroy(error);
    await refused;
  });

  test('that breaks and is no stream of node:http, as in requests that tests inject', async () => {
    const req = Object.assign(new Readable({ read() {} }), { headers: {} }) as IncomingMessage;
    const refused = expect(readAndCheck(req)).rejects.toMatchObject({ code: 'RAW_BODY_UNAVAILABLE' });
    req.destroy(new Error('The stream is broken.'));
    await refused;
  });

  test('that emits text, because decoded bytes are lost', async () => {
    const { req } = await openPost(4, 'full');
    req.setEncoding('utf8');
    await expect(readAndCheck(req)).rejects.toMatchObject(
      unavailable('Something called setEncoding() on the request stream.'),
    );
  });
});
