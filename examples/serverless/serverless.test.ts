import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import {
  type SignedDelivery,
  type SignedDeliveryOptions,
  sampleEvent,
  signedDelivery,
} from '@showpad-webhooks/core/testing';
import { findServer, startRedis } from '@showpad-webhooks/servers';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { format1Event, format2Event, type GatewayRequest } from './aws-events.ts';

const cwd = fileURLToPath(new URL('.', import.meta.url));
const key = 'a-signature-key';
const { type, data } = sampleEvent('shared-space-user-added');
/** It has more bytes than characters, so that a mistake in the encoding shows. */
const sharedSpace = { ...data.sharedSpace, name: 'Frühstück ☕' };
const added = 'CRM: added kent.cook@showpad.com to "Frühstück ☕"';

const log = vi.spyOn(console, 'log');
const warn = vi.spyOn(console, 'warn');

beforeEach(() => {
  vi.stubEnv('SHOWPAD_SIGNATURE_KEY', key);
  vi.resetModules(); // Each test has instances of its own.
  for (const spy of [log, warn]) spy.mockReset().mockImplementation(() => {});
});
afterEach(() => vi.unstubAllEnvs());

function sign(options: Partial<SignedDeliveryOptions> = {}): SignedDelivery {
  return signedDelivery(type, { key, data: { ...data, sharedSpace }, ...options });
}

describe('on AWS Lambda, with events as AWS documents them', () => {
  const toGateway = ({ headers, ...delivery }: SignedDelivery): GatewayRequest => ({
    ...delivery,
    headers: Object.entries(headers),
  });
  /** Header names may be sent like this, and a REST API does not change them. */
  const capitalised = ([name, value]: readonly [string, string]) =>
    [name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()), value] as const;

  test.each([
    ['an HTTP API or a function URL, format 2.0', format2Event],
    [
      'a REST API',
      (request: GatewayRequest) => format1Event({ ...request, headers: request.headers.map(capitalised) }),
    ],
    ['an HTTP API, format 1.0', (request: GatewayRequest) => ({ ...format1Event(request), version: '1.0' })],
  ])('receives from %s, as text and as base64', async (_, toEvent) => {
    const { handler } = await import('./aws-lambda.ts');
    for (const isBase64Encoded of [false, true]) {
      const answer = await handler(toEvent({ ...toGateway(sign()), isBase64Encoded }));
      expect(answer).toEqual({
        statusCode: 200,
        headers: {
          'content-type': 'application/json',
          'cache-control': 'no-store',
          'showpad-webhooks': 'handled',
        },
        body: '{"outcome":"handled"}',
      });
      expect(log.mock.lastCall).toEqual([added]);
    }
    expect(log).toHaveBeenCalledTimes(2);
  });

  test.each([
    ['1.0', format1Event],
    ['2.0', format2Event],
  ])('reads all of several signature headers, format %s', async (_, toEvent) => {
    const { handler } = await import('./aws-lambda.ts');
    const { headers, ...request } = toGateway(sign());
    const other = [
      'x-showpad-signature-v1',
      sign({ key: 'another' }).headers['x-showpad-signature-v1'] ?? '',
    ] as const;
    expect(await handler(toEvent({ ...request, headers: [...headers, other] }))).toMatchObject({
      statusCode: 200,
    });
  });

  test('rejects a forgery, logs why, and tells the forger nothing', async () => {
    const { handler } = await import('./aws-lambda.ts');
    const answer = await handler(format2Event(toGateway(sign({ key: 'guessed' }))));
    expect(answer).toMatchObject({
      statusCode: 401,
      body: '{"outcome":"rejected","code":"SIGNATURE_MISMATCH"}',
    });
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^SIGNATURE_MISMATCH: /));
    expect(log).not.toHaveBeenCalled();
  });

  test('does not start without a key', async () => {
    vi.stubEnv('SHOWPAD_SIGNATURE_KEY', undefined);
    await expect(import('./aws-lambda.ts')).rejects.toThrow(/key/);
  });

  test.skipIf(!findServer('redis-server'))(
    'handles an event once across instances that share a Redis',
    async () => {
      const redis = await startRedis();
      onTestFinished(redis.remove);
      vi.stubEnv('REDIS_HOST', '127.0.0.1');
      vi.stubEnv('REDIS_PORT', String(redis.port));
      const answers: string[] = [];
      for (const event of Array(2).fill(format2Event(toGateway(sign())))) {
        vi.resetModules();
        const { handler } = await import('./aws-lambda.ts');
        answers.push((await handler(event)).body);
      }
      expect(answers).toEqual(['{"outcome":"handled"}', '{"outcome":"duplicate"}']);
      expect(log).toHaveBeenCalledOnce();
    },
  );
});

describe('on Google Cloud Functions, with the server that runs them', () => {
  async function serve(): Promise<string> {
    const { showpadWebhooks } = await import('./google-cloud-function.ts');
    http('showpadWebhooks', showpadWebhooks);
    const server: Server = getTestServer('showpadWebhooks').listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  test.each([
    ['application/json'],
    ['application/octet-stream'],
    ['text/plain; charset=utf-8'],
    [undefined], // It is not known which one Showpad sends.
  ])('receives a body of Content-Type %s', async (contentType) => {
    const { method, headers, body } = sign();
    const { 'content-type': _, ...others } = headers;
    const answer = await fetch(await serve(), {
      method,
      headers: { ...others, ...(contentType !== undefined && { 'content-type': contentType }) },
      body: new Uint8Array(body),
    });
    expect([answer.status, await answer.text()]).toEqual([200, '{"outcome":"handled"}']);
    expect(log.mock.lastCall).toEqual([added]);
  });

  test('rejects forged and empty bodies', async () => {
    const url = await serve();
    const forged = sign({ key: 'guessed' });
    const send = (body: Uint8Array<ArrayBuffer> | null, { headers }: SignedDelivery) =>
      fetch(url, { method: 'POST', headers, body });
    expect((await send(new Uint8Array(forged.body), forged)).status).toBe(401);
    expect((await send(null, sign())).status).toBe(401);
    expect(log).not.toHaveBeenCalled();
  });

  test('is found by the platform by its name', async () => {
    const { google } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')).scripts;
    const [, ...args] = google.split(' '); // The first word is node.
    const server = spawn(process.execPath, [...args, '--port=0'], {
      cwd,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void server.kill('SIGKILL'));
    const exited = once(server, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface(server.stdout)) {
      lines.push(line);
      if (line.startsWith('URL: ')) server.kill('SIGTERM');
    }
    expect(lines).toContain('Function: showpadWebhooks');
    await exited;
  }, 20_000);
});

test('the one command shows both, and ends', async () => {
  const args = ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'demo.ts'];
  const demo = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [code]] = await Promise.all([text(demo.stdout), once(demo, 'exit')]);
  for (const platform of ['AWS Lambda', 'Google Cloud Functions']) {
    expect(output).toContain(`${platform} answered 200 {"outcome":"handled"}\n`);
    expect(output).toContain(`${platform} answered 200 {"outcome":"duplicate"} when the event came again\n`);
  }
  expect(code).toBe(0);
}, 20_000);
