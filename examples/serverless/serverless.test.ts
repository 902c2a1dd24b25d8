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
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

const cwd = fileURLToPath(new URL('.', import.meta.url));
const key = 'a-signature-key';
const { type, data } = sampleEvent('shared-space-user-added');
/** It has more bytes than characters, so that a mistake in the encoding shows. */
const sharedSpace = { ...data.sharedSpace, name: 'Frühstück ☕' };
const added = 'CRM: added kent.cook@showpad.com to "Frühstück ☕"';

const log = vi.spyOn(console, 'log');

beforeEach(() => {
  vi.stubEnv('SHOWPAD_SIGNATURE_KEY', key);
  vi.resetModules(); // Each test has instances of its own.
  log.mockReset().mockImplementation(() => {});
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => vi.unstubAllEnvs());

function sign(options: Partial<SignedDeliveryOptions> = {}): SignedDelivery {
  return signedDelivery(type, { key, data: { ...data, sharedSpace }, ...options });
}

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
  });
});

test('the one command shows it, and ends', async () => {
  const args = ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'demo.ts'];
  const demo = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [code]] = await Promise.all([text(demo.stdout), once(demo, 'exit')]);
  expect(output).toContain('The function answered 200 {"outcome":"handled"}\n');
  expect(output).toContain('The function answered 200 {"outcome":"duplicate"} when the event came again\n');
  expect(code).toBe(0);
});
