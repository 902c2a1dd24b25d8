import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { signedDelivery } from '@showpad-webhooks/koa/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApp } from './app.ts';

const signatureKey = 'example-key';
const startCampaign = vi.fn(async () => {});
const log = vi.fn();
let server: ReturnType<typeof createServer>;
let url: string;

beforeEach(async () => {
  vi.clearAllMocks();
  const { app } = createApp({ marketing: { startCampaign }, signatureKey, log });
  server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function deliver(type: string, options: { key?: string; data?: unknown } = {}): Promise<number> {
  const { method, headers, body } = signedDelivery(type, { key: signatureKey, ...options });
  const response = await fetch(`${url}/webhooks/showpad`, { method, headers, body: new Uint8Array(body) });
  return response.status;
}

test('starts a campaign for a user who was added to a Shared Space, and logs the outcome', async () => {
  expect(await deliver('shared-space-user-added')).toBe(200);
  expect(startCampaign.mock.calls).toEqual([['kent.cook@showpad.com', 'Welcome to Breakfast Service']]);
  expect(log.mock.calls).toEqual([['POST /webhooks/showpad 200 handled']]);
});

test('starts a campaign after a course, if the event names its user', async () => {
  expect(await deliver('COURSE_COMPLETED', { data: { user: { email: 'a@b.c' } } })).toBe(200);
  expect(await deliver('COURSE_COMPLETED', { data: {} })).toBe(200);
  expect(startCampaign.mock.calls).toEqual([['a@b.c', 'After the course']]);
});

test('answers 500 while marketing is down, so that Showpad retries', async () => {
  startCampaign.mockRejectedValueOnce(new Error('no connection'));
  expect(await deliver('shared-space-user-added')).toBe(500);
  expect(log).toHaveBeenCalledWith(expect.stringMatching(/^HANDLER_FAILED: .* Cause: Error: no connection$/));
});

test('rejects a forged delivery, and logs why', async () => {
  expect(await deliver('shared-space-user-added', { key: 'guessed' })).toBe(401);
  expect(startCampaign).not.toHaveBeenCalled();
  expect(log).toHaveBeenCalledWith(expect.stringMatching(/^SIGNATURE_MISMATCH: /));
});

test('does not change how other routes parse bodies', async () => {
  const body = '{"email":"a@b.c"}';
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/contacts`, { method: 'POST', headers, body });
  expect(await response.json()).toEqual({ added: { email: 'a@b.c' } });
  expect(log.mock.calls).toEqual([['POST /contacts 200']]);
});

test('the one command starts it, shows a delivery, and lets it end cleanly', async () => {
  const args = ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'server.ts'];
  const { SHOWPAD_SIGNATURE_KEY: _, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line.startsWith('A sample delivery')) child.kill('SIGTERM');
  }
  expect(lines).toEqual([
    expect.stringMatching(/^A Koa app receives at http:\/\/localhost:\d+\/webhooks\/showpad$/),
    'Marketing: campaign "Welcome to Breakfast Service" for kent.cook@showpad.com',
    'POST /webhooks/showpad 200 handled',
    'A sample delivery was answered 200 {"outcome":"handled"}',
  ]);
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  expect(code).toBe(0);
});
