import { once } from 'node:events';
import { type ClientHttp2Stream, constants, type Http2ServerRequest } from 'node:http2';
import { createNodeHandler, readBody, writeResponse } from '@showpad-webhooks/core/node';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { delivery, isSettled, KEY, startTime, stopTime, TYPE } from '../support.ts';
import { openStream, serveHttp2, until } from './open-stream.ts';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;
const refusal = { status: 413, headers: { connection: 'close' }, body: '{"outcome":"rejected – é"}' };

/** What comes back on a stream until it ends. Node's client only closes it after its own side has ended too. */
async function answerOf(stream: ClientHttp2Stream): Promise<{ status: unknown; body: string; code: number }> {
  let status: unknown;
  const chunks: Buffer[] = [];
  stream.on('response', (headers) => {
    status = headers[':status'];
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!stream.readableEnded) await once(stream, 'end');
  return { status, body: Buffer.concat(chunks).toString(), code: stream.rstCode };
}

/** Resolves when a whole body has been sent and read. */
async function upload(req: Http2ServerRequest, stream: ClientHttp2Stream): Promise<void> {
  const ended = once(req, 'end');
  req.resume();
  stream.end('whole');
  await ended;
}

/** Writes without an end, as fast as the other side allows. */
function writeEndlessly(stream: ClientHttp2Stream): void {
  const chunk = Buffer.alloc(16_384);
  const writeMore = () => {
    if (!stream.destroyed && stream.writable)
      stream.write(chunk, (error) => error || setImmediate(writeMore));
  };
  writeMore();
}

describe('writeResponse over HTTP/2', () => {
  test('ends an upload that would go on, right after the response', async () => {
    stopTime();
    onTestFinished(startTime);
    const { req, res, stream, streams } = await openStream();
    let arrivedBytes = 0;
    req.on('data', (chunk: Buffer) => {
      arrivedBytes += chunk.length;
    });
    writeEndlessly(stream);
    await until(() => arrivedBytes > 1_000_000);
    const before = arrivedBytes;
    const answer = answerOf(stream);
    writeResponse(res, refusal);
    expect(await answer).toEqual({ status: 413, body: refusal.body, code: NGHTTP2_NO_ERROR });
    await until(() => streams.size === 0);
    expect(vi.getTimerCount()).toBe(0);
    // What was on its way when the response was written: a window of HTTP/2 at most.
    expect(arrivedBytes - before).toBeLessThanOrEqual(65_535);
  });

  test('leaves no stream open after 500 uploads that were refused', async () => {
    const handler = createNodeHandler({ path: '/', keys: KEY });
    const { streams, post } = await serveHttp2(handler);
    const uploads = Array.from({ length: 500 }, () => {
      const stream = post();
      writeEndlessly(stream);
      return answerOf(stream);
    });
    const body = '{"outcome":"rejected","code":"SIGNATURE_MISSING"}';
    for (const answer of await Promise.all(uploads)) {
      expect(answer).toEqual({ status: 401, body, code: NGHTTP2_NO_ERROR });
    }
    await until(() => streams.size === 0);
  });

  test('waits no longer than a second for a sender that accepts no response', async () => {
    stopTime();
    onTestFinished(startTime);
    const { res, stream, streams } = await openStream({}, { initialWindowSize: 0 });
    writeEndlessly(stream);
    writeResponse(res, refusal);
    await once(stream, 'response');
    vi.advanceTimersByTime(999);
    expect(res.stream.closed).toBe(false);
    vi.advanceTimersByTime(1);
    await until(() => streams.size === 0);
    expect(res.stream.rstCode).toBe(NGHTTP2_CANCEL);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('closes nothing early if the upload is over', async () => {
    const { req, res, stream, streams } = await openStream();
    await upload(req, stream);
    const answer = answerOf(stream);
    writeResponse(res, refusal);
    expect(await answer).toMatchObject({ status: 413, body: refusal.body });
    await until(() => streams.size === 0);
  });

  test('waits for as long as it takes a sender to accept the response if the upload is over', async () => {
    stopTime();
    onTestFinished(startTime);
    const { req, res, stream, client, streams } = await openStream({}, { initialWindowSize: 0 });
    await upload(req, stream);
    const answer = answerOf(stream);
    writeResponse(res, refusal);
    await once(stream, 'response');
    vi.advanceTimersByTime(60_000);
    expect(res.stream.closed).toBe(false);
    client.settings({ initialWindowSize: 65_535 });
    expect(await answer).toMatchObject({ body: refusal.body });
    await until(() => streams.size === 0);
  });

  test('writes what the response says, without the header that HTTP/2 does not have', async () => {
    const { res, stream } = await openStream();
    const answered = once(stream, 'response');
    writeResponse(res, { ...refusal, headers: { ...refusal.headers, 'retry-after': '3' } });
    const [headers] = await answered;
    expect(headers).toMatchObject({
      ':status': 413,
      'retry-after': '3',
      'content-length': `${Buffer.byteLength(refusal.body)}`,
    });
    expect(headers).not.toHaveProperty('connection');
  });

  test('does nothing if the sender is gone', async () => {
    stopTime();
    onTestFinished(startTime);
    const { res, client } = await openStream();
    client.destroy();
    await until(() => res.stream.closed);
    writeResponse(res, refusal);
    expect(res.headersSent).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('writeResponse does nothing if the stream is about to close', async () => {
  const { res } = await openStream();
  res.stream.close();
  expect(res.stream.destroyed).toBe(false);
  writeResponse(res, refusal);
  expect(res.headersSent).toBe(false);
});

describe('readBody over HTTP/2', () => {
  test.each([
    ['with a length', { 'content-length': '9' }],
    ['without a length', {}],
  ])('resolves to the exact bytes %s', async (_how, headers) => {
    const { req, stream } = await openStream(headers);
    const reading = readBody(req, 100);
    stream.write('who');
    stream.write('le ');
    stream.end('one');
    expect(Buffer.from(await reading).toString()).toBe('whole one');
  });

  test('waits for a reset only if there is no length that would show it', async () => {
    stopTime();
    onTestFinished(startTime);
    const isRead = async (headers: Readonly<Record<string, string>>) => {
      const { req, stream } = await openStream(headers);
      const [reading, ended] = [readBody(req, 100), once(req, 'end')];
      stream.end('whole one');
      await ended;
      return isSettled(reading);
    };
    expect(await isRead({ 'content-length': '9' })).toBe(true);
    expect(await isRead({})).toBe(false);
  });

  const gone = {
    code: 'RAW_BODY_UNAVAILABLE',
    message: 'The sender went away before the body was complete.',
  };

  test.each([
    ['cancelled', NGHTTP2_CANCEL],
    ['closed without an error', NGHTTP2_NO_ERROR],
  ])('does not take half a body for a whole one if the stream is %s', async (_how, code) => {
    const { req, stream } = await openStream();
    const refused = expect(readBody(req, 100)).rejects.toMatchObject(gone);
    const arrived = once(req, 'data');
    stream.write('half');
    await arrived;
    stream.close(code);
    await refused;
  });

  test('does not take half a body for a whole one if the connection is cut', async () => {
    const { req, stream, client } = await openStream();
    const refused = expect(readBody(req, 100)).rejects.toMatchObject(gone);
    const arrived = once(req, 'data');
    stream.write('half');
    await arrived;
    client.destroy();
    await refused;
  });
});

describe('createNodeHandler over HTTP/2', () => {
  test('handles a delivery', async () => {
    const handler = createNodeHandler({ path: '/', keys: KEY, on: { [TYPE]: () => {} } });
    const { post } = await serveHttp2(handler);
    const { headers, body } = delivery();
    const stream = post(headers);
    stream.end(body);
    expect(await answerOf(stream)).toMatchObject({ status: 200, body: '{"outcome":"handled"}' });
  });

  test('reports a stream that was reset in mid-body as a body that is missing, and not as a forgery', async () => {
    const handler = createNodeHandler({ path: '/', keys: KEY });
    const rejected = vi.fn();
    const reported = new Promise((resolve) => handler.receiver.onError(({ code }) => resolve(code)));
    handler.receiver.onRejected(rejected);
    const { post, streams } = await serveHttp2(handler);
    const { headers, body } = delivery();
    const stream = post(headers);
    stream.write(body.subarray(0, 10));
    await until(() => streams.size === 1);
    stream.close(NGHTTP2_CANCEL);
    expect(await reported).toBe('RAW_BODY_UNAVAILABLE');
    expect(rejected).not.toHaveBeenCalled();
  });
});
