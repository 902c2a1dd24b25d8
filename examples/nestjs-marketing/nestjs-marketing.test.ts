import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createEmulator, type Emulator } from '@showpad-webhooks/emulator';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type FakeMailProvider, startFakeMailProvider } from './fake-mail-provider.ts';

const signatureKey = 'a-signature-key';
/** Longer than the lease of a process that was killed, and the start of another one. */

let provider: FakeMailProvider;
let showpad: Emulator;
let file: string;

beforeEach(async () => {
  provider = await startFakeMailProvider();
  showpad = await createEmulator();
  const folder = mkdtempSync(join(tmpdir(), 'showpad-example-'));
  file = join(folder, 'showpad.db');
  return () => rmSync(folder, { recursive: true });
});
afterEach(async () => {
  provider.close();
  await showpad.close();
});

/** Runs `pnpm start`, without the key that this process may have. */
function start(own: Record<string, string> = {}) {
  const { SHOWPAD_SIGNATURE_KEY: _, ...env } = process.env;
  const app = spawn(
    process.execPath,
    ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'main.ts'],
    {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...env, ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => void app.kill('SIGKILL'));
  return app;
}

/** Starts the app, and resolves when it accepts requests. */
async function serve() {
  const app = start({
    SHOWPAD_SIGNATURE_KEY: signatureKey,
    SHOWPAD_INBOX: file,
    MAIL_PROVIDER_URL: provider.url,
    ADMIN_TOKEN: 'an-admin-token',
    PORT: '0',
  });
  const exited = once(app, 'exit');
  for await (const line of createInterface(app.stdout)) {
    const url = /^Receiving at (\S+)\/webhooks\/showpad$/.exec(line)?.[1]?.replace('[::1]', 'localhost');
    if (!url) continue;
    app.stdout.resume();
    return { app, exited, url };
  }
  throw new Error(`The app did not start: ${await text(app.stderr)}`);
}

/** Sends events, and resolves to the statuses of their answers. */
async function send(url: string, type: string, count = 1): Promise<(number | undefined)[]> {
  const subscription = { name: 'marketing', types: [type], url: `${url}/webhooks/showpad`, signatureKey };
  await showpad.subscriptions.create(subscription);
  const notifications = await showpad.trigger(type, {}, { count });
  const attempts = notifications.map(({ id }) => showpad.waitForDelivery({ notificationId: id }));
  return (await Promise.all(attempts)).map(({ response }) => response?.status);
}

test('loses nothing and sends nothing twice if the process is killed in the middle', async () => {
  provider.state = 'stalled'; // The mails are sent, but the app does not learn that.
  const first = await serve();
  expect(await send(first.url, 'shared-space-user-added', 3)).toEqual([202, 202, 202]);
  await expect.poll(() => provider.requests.length).toBe(3);
  first.app.kill('SIGKILL');
  await first.exited;

  provider.state = 'up';
  const second = await serve();
  const inbox = createSqliteInbox({ file });
  onTestFinished(() => inbox.close());
  await expect.poll(() => inbox.counts()).toEqual({ pending: 0, leased: 0, done: 3, dead: 0 });
  expect(provider.sent.size).toBe(3);
  expect(provider.requests).toHaveLength(6);
  expect(provider.requests.slice(3).sort()).toEqual(provider.requests.slice(0, 3).sort());
  second.app.kill('SIGTERM');
  await second.exited;
});

test('shows dead letters to those who may see them, and retries them on demand', async () => {
  provider.state = 'refusing';
  const { app, exited, url } = await serve();
  const ask = async (path: string, { method = 'GET', token = 'an-admin-token', body = {} } = {}) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/dead-letters${path}`, {
      method,
      headers,
      ...(method === 'POST' && { body: JSON.stringify(body) }),
    });
    return answer.ok ? answer.json() : answer.status;
  };
  expect(await send(url, 'COURSE_COMPLETED')).toEqual([202]);
  await expect.poll(() => ask('')).toHaveLength(1);
  const [letter] = (await ask('')) as [{ id: string }];
  expect(letter).toEqual({
    id: expect.any(String),
    type: 'COURSE_COMPLETED',
    attempts: 1,
    error: expect.stringContaining('The mail provider answered 422 to "after-the-course".'),
  });
  expect(await ask('', { token: 'guessed' })).toBe(403);
  expect(await ask('/retry', { method: 'POST', token: 'guessed' })).toBe(403);

  provider.state = 'up';
  expect(await ask('/retry', { method: 'POST', body: { id: 'of another' } })).toEqual({ retried: 0 });
  expect(await ask('/retry', { method: 'POST', body: { id: letter.id } })).toEqual({ retried: 1 });
  await expect.poll(() => provider.sent.size).toBe(1);
  await expect.poll(() => ask('')).toEqual([]);
  app.kill('SIGTERM');
  expect(await exited).toEqual([null, 'SIGTERM']); // Nest ends with the signal that it got, when its hooks are done.
});

test('the one command shows it, and ends', async () => {
  const demo = start();
  const [output, [code]] = await Promise.all([text(demo.stdout), once(demo, 'exit')]);
  expect(output).toContain('The answer is 202 {"outcome":"queued"}, and 0 mails are sent so far.');
  expect(output).toContain('POST /dead-letters/retry: { retried: 1 }');
  expect(output.trimEnd()).toMatch(
    /sent: \{ campaign: 'welcome', .* \} \{ campaign: 'after-the-course', .* \}$/,
  );
  expect(code).toBe(0);
});
