import { once } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { writeResponse } from '@showpad-webhooks/core/node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { settled, startTime, stopTime } from '../support.ts';
import { listenerCounts, openPost, openRequest } from './open-request.ts';

beforeEach(stopTime);
afterEach(startTime);

const answer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: '{"outcome":"handled"}',
};
const refusal = { status: 413, headers: { connection: 'close' }, body: '{"outcome":"rejected – é"}' };

/** What the sender has received so far. */
function received(client: Socket): { readonly text: string; until(end: string): Promise<void> } {
  let text = '';
  client.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  return {
    get text() {
      return text;
    },
    async until(end) {
      while (!text.endsWith(end)) await once(client, 'data');
    },
  };
}

describe('writeResponse', () => {
  test('writes status, headers, length and body', async () => {
    const { res, client } = await openPost(0);
    const got = received(client);
    writeResponse(res, answer);
    await got.until(answer.body);
    expect(got.text).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-type: application\/json\r\ncontent-length: 21\r\n/,
    );
    expect(res.writableEnded).toBe(true);
  });

  test('counts bytes, not characters', async () => {
    const { res, client } = await openPost(0);
    const got = received(client);
    writeResponse(res, { ...refusal, headers: {} });
    await got.until(refusal.body);
    expect(got.text).toContain(`content-length: ${Buffer.byteLength(refusal.body)}\r\n`);
  });

  test('ends at once if the connection stays open, although the upload is not over', async () => {
    const { res } = await openPost(10, 'half');
    writeResponse(res, answer);
    expect(res.writableEnded).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('answers HEAD with the headers only', async () => {
    const { res, client } = await openRequest(
      'HEAD / HTTP/1.1',
      'Host: localhost',
      'Connection: close',
      '',
      '',
    );
    const got = received(client);
    writeResponse(res, { ...answer, status: 405, headers: { allow: 'POST' } });
    await once(client, 'end');
    expect(got.text).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\nallow: POST\r\ncontent-length: 21\r\n/);
    expect(got.text).toMatch(/\r\n\r\n$/);
  });

  test('does nothing if something else has answered', async () => {
    const { res, client } = await openPost(0);
    const got = received(client);
    res.writeHead(418).end('mine');
    writeResponse(res, answer);
    await got.until('mine\r\n0\r\n\r\n');
    expect(got.text).toMatch(/^HTTP\/1\.1 418 /);
    expect(got.text).not.toContain(answer.body);
  });

  test('does nothing if the sender is gone', async () => {
    const { res, client } = await openPost(10, 'half');
    client.destroy();
    await once(res, 'close');
    writeResponse(res, refusal);
    expect(res.headersSent).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('writes to a stand-in for a response that has no request', () => {
    const written: unknown[] = [];
    const res = {
      headersSent: false,
      destroyed: false,
      writeHead: (status: number) => written.push(status),
      end: (body: string) => written.push(body),
    };
    writeResponse(res as unknown as ServerResponse, answer);
    expect(written).toEqual([200, answer.body]);
  });
});

describe('a response that closes the connection', () => {
  test('reaches a sender that is still uploading, and waits for the upload before it closes', async () => {
    const { req, res, client } = await openPost(2_000_000, 'x'.repeat(1_000_000));
    const before = listenerCounts(req);
    const got = received(client);
    writeResponse(res, refusal);
    await got.until(refusal.body);
    expect(got.text).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\nconnection: close\r\n/);
    expect(res.writableEnded).toBe(false);
    client.write('x'.repeat(1_000_000));
    await once(client, 'end');
    expect(got.text.endsWith(refusal.body)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(listenerCounts(req)).toEqual(before);
  });

  test('waits for an upload no longer than a second', async () => {
    const { req, res, client } = await openPost(2_000_000, 'x');
    const before = listenerCounts(req);
    const got = received(client);
    const ended = once(client, 'end');
    writeResponse(res, refusal);
    await vi.advanceTimersByTimeAsync(999);
    expect(res.writableEnded).toBe(false);
    vi.advanceTimersByTime(1);
    expect(res.writableEnded).toBe(true);
    expect(listenerCounts(req)).toEqual(before);
    await ended;
    expect(got.text.endsWith(refusal.body)).toBe(true);
  });

  test('reads no more than 16 MiB of an upload that goes on, and still answers', async () => {
    const { req, res, client } = await openPost(1e12, 'x');
    const before = listenerCounts(req);
    const got = received(client);
    client.on('error', () => {}); // What it has not sent yet fails when the server closes the connection.
    const ended = new Promise((resolve) => client.once('close', resolve));
    writeResponse(res, refusal);
    const chunk = Buffer.alloc(1_000_000);
    while (!req.isPaused()) {
      client.write(chunk);
      await new Promise(setImmediate);
    }
    const { bytesRead } = req.socket;
    expect(bytesRead).toBeGreaterThan(16 * 2 ** 20);
    expect(bytesRead).toBeLessThan(17 * 2 ** 20);
    expect(got.text.endsWith(refusal.body)).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(listenerCounts(req)).toEqual(before);
    await ended;
  });

  test('does not wait for a sender that closes the connection', async () => {
    const { res, client } = await openPost(2_000_000, 'x');
    const got = received(client);
    writeResponse(res, refusal);
    await got.until(refusal.body);
    client.destroy();
    await once(res, 'close');
    expect(vi.getTimerCount()).toBe(0);
    expect(res.writableEnded).toBe(true);
  });

  test('does not wait for a request that is destroyed meanwhile', async () => {
    const { req, res } = await openPost(10, 'half');
    writeResponse(res, refusal);
    expect(vi.getTimerCount()).toBe(1);
    req.destroy();
    await once(req, 'close');
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each<[string, (req: Readable) => void]>([
    ['ends', (req) => req.push(null)],
    ['breaks', (req) => req.destroy(new Error('The stream is broken.'))],
  ])('closes when a request that a test injects %s', async (_how, end) => {
    // Such a request is no stream of node:http. It ends without being closed, and its errors reach whoever listens.
    const stream = new Readable({ read() {}, autoDestroy: false });
    const req = Object.assign(stream, { method: 'POST', httpVersionMajor: 1, httpVersionMinor: 1 });
    const res = new ServerResponse(req as unknown as IncomingMessage);
    writeResponse(res, refusal);
    expect(res.writableEnded).toBe(false);
    end(req);
    await settled();
    expect(res.writableEnded).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('closes at once if the body was read to its end', async () => {
    const { req, res, client } = await openPost(4, 'full');
    const got = received(client);
    const ended = once(client, 'end');
    req.resume();
    const timers = await new Promise((resolve) => {
      req.on('end', () => {
        writeResponse(res, refusal);
        resolve(vi.getTimerCount());
      });
    });
    expect(timers).toBe(0);
    await ended;
    expect(got.text.endsWith(refusal.body)).toBe(true);
  });

  test('does not wait if the request is destroyed', async () => {
    const { req, res } = await openPost(10, 'half');
    req.destroy();
    writeResponse(res, refusal);
    expect(vi.getTimerCount()).toBe(0);
    expect(res.writableEnded).toBe(true);
  });
});
