import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { goTo, openAdmin, snippet } from '../../packages/emulator/test/admin-page.ts';
import { buildAdmin } from '../../packages/emulator/test/build-admin.ts';
import { BROWSER_TIMEOUT_MS, hasBrowser, launch } from '../../packages/ui/testing/browser.ts';
import { createApp } from './app.ts';

test.runIf(hasBrowser)(
  'a webhook that was created by hand gets an event, which fails, is retried, and is handled once',
  { timeout: BROWSER_TIMEOUT_MS },
  async () => {
    await buildAdmin();
    const folder = mkdtempSync(join(tmpdir(), 'showpad-example-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const envFile = join(folder, '.env');
    const contacts: string[] = [];
    const lines: string[] = [];
    let failures = 1;
    const app = createApp({
      envFile,
      addContact: async (email) => {
        if (failures-- > 0) throw new Error('The CRM is down.');
        contacts.push(email);
      },
      log: (line) => lines.push(line),
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/showpad`;

    const browser = await launch();
    onTestFinished(() => browser.close());
    const { page } = await openAdmin(browser);
    const statuses = () => page.getByRole('article').locator('header .badge').allInnerTexts();
    const advance = page.getByRole('button', { name: 'Advance the clock to it' });

    await page.getByRole('button', { name: 'Add a webhook for shared-space-user-added' }).click();
    await page.getByLabel('Name').fill('CRM');
    await page.getByLabel('URL').fill(url);
    await page.getByRole('button', { name: 'Create webhook' }).click();
    const line = await snippet(page, 'Line for .env');
    await page.getByRole('link', { name: 'Send it an event' }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('link', { name: 'See the responses' }).click();

    await expect.poll(statuses).toEqual(['503 unavailable', 'in 3 s']); // There is no key yet.
    expect(lines.at(-1)).toMatch(/^KEY_LOOKUP_FAILED/);
    writeFileSync(envFile, `${line}\n`);
    await advance.click();
    await expect.poll(statuses).toEqual(['503 unavailable', '500 failed', 'in 4.5 s']); // The CRM is down.
    await advance.click();
    await expect.poll(statuses).toEqual(['503 unavailable', '500 failed', '200 handled']);
    expect(contacts).toEqual(['kent.cook@showpad.com']);

    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await expect.poll(() => page.getByRole('article').getByText('"duplicate"').count()).toBeGreaterThan(0);
    expect(contacts).toEqual(['kent.cook@showpad.com']);
    await goTo(page, 'Webhooks');
    await page.getByRole('row', { name: /CRM.*\b4\b.*200/ }).waitFor();
  },
);

test('the one command says what to do, and ends with Ctrl-C', async () => {
  const server = spawn(
    process.execPath,
    ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'server.ts'],
    {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, PORT: '0', EMULATOR_PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void server.kill('SIGKILL'));
  const lines: string[] = [];
  for await (const line of createInterface(server.stdout)) {
    lines.push(line);
    if (line.startsWith('4.')) server.kill('SIGINT');
  }
  if (server.exitCode === null) await once(server, 'exit');
  expect(server.exitCode).toBe(0);
  expect(lines[0]).toMatch(/^1\. Open http:\/\/127\.0\.0\.1:\d+$/);
});
