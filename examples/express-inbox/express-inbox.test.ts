import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { PermanentError } from '@showpad-webhooks/express';
import { signedDelivery } from '@showpad-webhooks/express/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createApp } from './app.ts';

const cwd = fileURLToPath(new URL('.', import.meta.url));

test('the one command stores a sample, handles it when the CRM is back, and ends cleanly', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { SHOWPAD_SIGNATURE_KEY: _, ...own } = process.env;
  const env = { ...own, PORT: '0', SHOWPAD_INBOX: join(folder, 'showpad.db') };
  const run = (script: string, ...args: string[]) =>
    spawn(process.execPath, ['--conditions=@showpad-webhooks/source', '--import', 'tsx', script, ...args], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  const server = run('server.ts');
  onTestFinished(() => void server.kill('SIGKILL'));
  const lines: string[] = [];
  let page: readonly number[] = [];
  for await (const line of createInterface(server.stdout)) {
    lines.push(line);
    if (line.startsWith('Inbox at ')) page = await statusesOf(line);
    if (line.startsWith('CRM: added')) server.kill('SIGTERM');
  }
  expect(page).toEqual([401, 401, 200]);
  if (server.exitCode === null) await once(server, 'exit');
  expect(server.exitCode).toBe(0);
  expect(lines).toContain('A sample delivery was answered 202 {"outcome":"queued"}');
  expect(lines.filter((line) => line.startsWith('attempt'))).toEqual(
    [1, 2, 3].map((attempt) => `attempt ${attempt} to add kent.cook@showpad.com`),
  );
  expect(lines.at(-1)).toBe('CRM: added kent.cook@showpad.com to "Breakfast Service"');

  const inbox = run('inbox.ts', 'retry');
  const output = await text(inbox.stdout);
  expect(output).toContain('Events to be handled again: 0');
  expect(output).toContain('{ pending: 0, leased: 0, done: 1, dead: 0 }');
});

test('prints an alert when an event is dead', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-example-'));
  const lines: string[] = [];
  const { receiver, watch } = createApp({
    signatureKey: 'a-key',
    opsPassword: 'a-password',
    file: join(folder, 'showpad.db'),
    addContact: () => Promise.reject(new PermanentError('There is no such contact.')),
    log: (line) => void lines.push(line),
  });
  await receiver.start();
  await receiver.receive(signedDelivery('shared-space-user-added', { key: 'a-key' }));
  await vi.waitFor(() => expect(lines.some((line) => line.includes('is dead'))).toBe(true));
  await watch.check();
  expect(lines.at(-1)).toMatch(/^Alert begun: The inbox "default" holds 1 dead letter\./);
  watch.close();
  await receiver.close();
  rmSync(folder, { recursive: true });
});

/** What the page answers without a password, with a wrong one, and with the one that the app prints. */
function statusesOf(line: string): Promise<readonly number[]> {
  const [, url = '', password = ''] = /^Inbox at (\S+), .* password (\S+)$/.exec(line) ?? [];
  return Promise.all(
    [undefined, 'kent:wrong', `kent:${password}`].map(async (login) => {
      const headers = { authorization: login === undefined ? '' : `Basic ${btoa(login)}` };
      return (await fetch(`${url}/api/status`, { headers })).status;
    }),
  );
}
