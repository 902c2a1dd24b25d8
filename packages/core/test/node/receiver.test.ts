import type { IncomingMessage } from 'node:http';
import type { Receipt } from '@showpad-webhooks/core';
import { findRawBody, toHeaders, writeResponse } from '@showpad-webhooks/core/node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { delivery, NOW_MS, probe, startTime, stopTime, TYPE } from '../support.ts';
import { listenerCounts, openRequest } from './open-request.ts';

beforeEach(stopTime);
afterEach(startTime);

const sound = delivery('event-1', { timestampSeconds: NOW_MS / 1000 });

/** Takes a request as an adapter does. */
function receive({ receiver }: ReturnType<typeof probe>, req: IncomingMessage): Promise<Receipt> {
  const body = findRawBody({ req, mend: () => '' });
  return receiver.receive({ method: req.method ?? '', headers: toHeaders(req), body, url: req.url ?? '' });
}

function open(headers: Readonly<Record<string, string>>, body = '') {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return openRequest('POST /hooks HTTP/1.1', ...lines, '', body);
}

describe('a receiver on node:http', () => {
  test('handles a delivery, and leaves the connection open for the next', async () => {
    const probed = probe({ on: { [TYPE]: () => {} } });
    const length = { 'content-length': String(sound.body.length) };
    const { req, res, client } = await open({ ...sound.headers, ...length }, sound.body.toString());
    const { response } = await receive(probed, req);
    expect(response.status).toBe(200);
    expect(response.headers).not.toHaveProperty('connection');
    const answered = new Promise((resolve) => client.once('data', resolve));
    writeResponse(res, response);
    expect(String(await answered)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\{"outcome":"handled"\}$/s);
  });

  test('refuses by the headers alone without reading a byte, and closes the connection', async () => {
    const { req } = await open({ 'content-length': '500000' }, 'x');
    const { response, error } = await receive(probe(), req);
    expect(error?.code).toBe('SIGNATURE_MISSING');
    expect(response.headers).toHaveProperty('connection', 'close');
    expect(req.readableDidRead).toBe(false);
  });

  test('keeps the connection where it has read all that it refuses', async () => {
    const length = { 'content-length': '2' };
    const { req } = await open({ ...sound.headers, ...length }, '{}');
    const { response, error } = await receive(probe(), req);
    expect(error?.code).toBe('SIGNATURE_MISMATCH');
    expect(response.headers).not.toHaveProperty('connection');
  });

  test('answers 503 to a sender that is too slow, and lets go of it', async () => {
    const { req } = await open({ ...sound.headers, 'content-length': '500' }, '{"half":');
    const before = listenerCounts(req);
    const receiving = receive(probe(), req);
    while (vi.getTimerCount() === 0) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(10_000);
    const { response, error } = await receiving;
    expect(error?.code).toBe('BODY_TIMEOUT');
    expect(response).toMatchObject({ status: 503, headers: { connection: 'close', 'retry-after': '3' } });
    expect(listenerCounts(req)).toEqual(before);
  });
});
