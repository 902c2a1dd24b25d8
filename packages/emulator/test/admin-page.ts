import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createEmulator, type Emulator, type EmulatorOptions } from '@showpad-webhooks/emulator';
import { expectNoComplaints } from '@showpad-webhooks/ui/testing/browser.ts';
import type { Browser, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Receiver {
  readonly url: string;
  readonly count: number;
  /** Waits for a delivery by its index. The first is 0. */
  readonly delivery: (index: number) => Promise<Received>;
}

/** Responds with the statuses in turn, and then with 200. */
export async function startReceiver(...statuses: readonly number[]): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (req, res) => {
    const status = statuses[received.length] ?? 200;
    received.push({ headers: req.headers, body: await buffer(req) });
    res.writeHead(status, { 'content-type': 'application/json' }).end(`{"answer":${status}}`);
    server.emit('delivery');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhooks/showpad`,
    get count() {
      return received.length;
    },
    async delivery(index) {
      while (received.length <= index) await once(server, 'delivery');
      return received[index] as Received;
    },
  };
}

export interface Admin {
  readonly emulator: Emulator;
  readonly page: Page;
}

export interface AdminOptions {
  readonly colorScheme?: 'light' | 'dark';
  /** What the browser logs about a failure that the test provokes. */
  readonly provokes?: RegExp;
  /** Options of the emulator. */
  readonly options?: EmulatorOptions;
}

/** Opens the Admin page of a new emulator. The test fails if the page logs an error or a warning. */
export async function openAdmin(
  browser: Browser,
  { colorScheme = 'light', provokes, options = {} }: AdminOptions = {},
): Promise<Admin> {
  const emulator = await createEmulator({ clock: 'manual', ...options });
  const context = await browser.newContext({
    colorScheme,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  expectNoComplaints(page, provokes);
  onTestFinished(async () => {
    await context.close();
    await emulator.close();
  });
  await page.goto(emulator.url);
  await page.getByText('Live', { exact: true }).waitFor();
  return { emulator, page };
}

/** Goes to a screen through the navigation. */
export async function goTo(page: Page, screen: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: screen }).click();
  await page.getByRole('heading', { level: 1, name: screen }).waitFor();
}

/** The text of a snippet on the page. */
export async function snippet(page: Page, label: string): Promise<string> {
  return (await page.getByRole('figure', { name: label }).locator('pre').textContent()) ?? '';
}

/** What a button copies to the clipboard. */
export async function copied(page: Page, button: string): Promise<string> {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByText('Copied').waitFor();
  return page.evaluate('navigator.clipboard.readText()');
}
