import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeHandler } from '@showpad-webhooks/core/node';
import { BROWSER_TIMEOUT_MS, hasBrowser, launch } from '@showpad-webhooks/ui/testing/browser.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { goTo, openAdmin, startReceiver } from './admin-page.ts';
import { buildAdmin } from './build-admin.ts';

const TYPE = 'shared-space-user-added';
const KEY = 'a-key-for-this-machine';

/** An app as in the quick start: it has a key of its own. */
async function startApp(): Promise<string> {
  const handler = createNodeHandler({ path: '/hook', keys: KEY, on: { [TYPE]: () => {} } });
  const server = createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

async function subscribe(page: Page, url: string, key?: string): Promise<void> {
  await page.getByRole('button', { name: `Add a webhook for ${TYPE}` }).click();
  await page.getByLabel('Name').fill('CRM');
  await page.getByLabel('URL').fill(url);
  if (key !== undefined) await page.getByLabel('Signature key').fill(key);
  await page.getByRole('button', { name: 'Create webhook' }).click();
  await page.getByRole('dialog', { name: 'Signature key of CRM' }).waitFor();
}

async function send(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await goTo(page, 'Send event');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

describe.runIf(hasBrowser)('the Admin page for a new user', { timeout: BROWSER_TIMEOUT_MS }, () => {
  let browser: Browser;
  beforeAll(async () => {
    await buildAdmin();
    browser = await launch();
  }, BROWSER_TIMEOUT_MS);
  afterAll(() => browser.close());

  it('suggests the key that the app of the quick start has, so that the first event is handled', async () => {
    const { page } = await openAdmin(browser, { options: { signatureKey: KEY } });
    await page.getByRole('button', { name: `Add a webhook for ${TYPE}` }).click();
    expect(await page.getByLabel('Signature key').inputValue()).toBe(KEY);
    await page.keyboard.press('Escape');
    await subscribe(page, await startApp());
    await page.getByText('This is the key that you entered.').waitFor();
    await send(page);
    await page.locator('.result.good').getByText('200 handled').waitFor();
    await page.getByText('Your app handled the event.').waitFor();
  });

  it('colours a result by its status, and says which code the app answered', async () => {
    const { page } = await openAdmin(browser);
    await subscribe(page, await startApp(), 'another-key');
    await send(page);
    await page.locator('.result.bad').getByText('401 rejected').waitFor();
    await page.getByText('Your app says SIGNATURE_MISMATCH.').waitFor();
    await page.getByRole('link', { name: 'See the responses' }).click();
    await page.getByRole('heading', { name: 'Attempt 1' }).waitFor();
    const headings = await page.locator('.attempt h4').allTextContents();
    expect(headings[0]).toBe('Response');
    expect(headings[1]).toContain('Request');
  });

  it('says that an event without a handler was ignored', async () => {
    const { page, emulator } = await openAdmin(browser);
    const url = await startApp();
    await emulator.subscriptions.create({ name: 'CRM', types: ['COURSE_COMPLETED'], url, signatureKey: KEY });
    await goTo(page, 'Send event');
    await page.getByLabel('Event type').selectOption('COURSE_COMPLETED');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.locator('.result').getByText('200 ignored').waitFor();
    await page.getByText('Your app has no handler for this type').waitFor();
  });

  it('never opens "Send event" empty', async () => {
    const { page, emulator } = await openAdmin(browser);
    for (let load = 0; load < 5; load++) {
      await page.goto('about:blank');
      await page.goto(`${emulator.url}/#/send`);
      await expect.poll(() => page.getByLabel('Event type').inputValue()).toBe(TYPE);
      expect(await page.getByLabel('Body', { exact: true }).inputValue()).toContain(TYPE);
    }
    await page.goto(`${emulator.url}/#/send?type=not-there-any-more`);
    await page.reload();
    await expect.poll(() => page.getByLabel('Event type').inputValue()).toBe(TYPE);
  });

  it('does not close what is shown only once at Escape', async () => {
    const { page } = await openAdmin(browser);
    await subscribe(page, (await startReceiver()).url);
    const stays = async (name: string) => {
      const dialog = page.getByRole('dialog', { name });
      await dialog.waitFor();
      for (let presses = 0; presses < 3; presses++) await page.keyboard.press('Escape');
      expect(await dialog.isVisible()).toBe(true);
      await page.getByRole('button', { name: 'I have copied it' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await stays('Signature key of CRM');
    await goTo(page, 'Tokens');
    await page.getByRole('button', { name: 'Create an access token' }).click();
    await stays('Access token');
  });

  it('lists the token that the terminal shows', async () => {
    const { page, emulator } = await openAdmin(browser);
    const token = emulator.accessToken;
    await goTo(page, 'Tokens');
    await page.getByRole('row', { name: `…${token.slice(-4)} Access token never` }).waitFor();
  });

  it('keeps a sample of a type of your own, calls it yours, and removes it again', async () => {
    const { page, emulator } = await openAdmin(browser);
    await goTo(page, 'Send event');
    await page
      .getByLabel('Body', { exact: true })
      .fill('{"type":"asset-viewed","id":"1","data":{"pages":3}}');
    await page.getByRole('button', { name: 'Keep as your sample of asset-viewed' }).click();
    await expect.poll(() => page.getByLabel('Event type').inputValue()).toBe('asset-viewed');
    await page.reload();
    await goTo(page, 'Webhooks');
    const section = page.getByRole('region', { name: 'asset-viewed' });
    await section.getByText('yours', { exact: true }).waitFor();
    expect(await section.getByText('inferred').count()).toBe(0);
    const state = await (await fetch(`${emulator.url}/__emulator/state`)).json();
    expect(state).toMatchObject({ samples: [{ type: 'asset-viewed', data: { pages: 3 } }] });

    await section.getByRole('link', { name: 'Send' }).click();
    await page.getByRole('button', { name: 'Remove your sample' }).click();
    await expect.poll(() => page.getByLabel('Event type').inputValue()).toBe(TYPE);
  });

  it('calls a type that only a webhook has yours too, and says that it has no sample', async () => {
    const { page, emulator } = await openAdmin(browser);
    await emulator.subscriptions.create({ name: 'CRM', types: ['my-type'], url: 'http://127.0.0.1:1/' });
    const section = page.getByRole('region', { name: 'my-type' });
    await section.getByText('yours', { exact: true }).waitFor();
    await section.getByRole('button', { name: 'Sample body' }).click();
    await page.getByRole('dialog').getByText('There is no sample of this type yet.').waitFor();
    await page.keyboard.press('Escape');
    await section.getByRole('link', { name: 'Send' }).click();
    await page.getByText('There is no sample of this type yet.').waitFor();
    expect(await page.getByText('This is your own sample.').count()).toBe(0);
  });

  it('sends the types of your catalogue, and calls them yours', async () => {
    const events = mkdtempSync(join(tmpdir(), 'showpad-webhooks-catalogue-'));
    onTestFinished(() => rmSync(events, { recursive: true }));
    for (const [type, data] of Object.entries({ 'content-shared': { items: [] }, [TYPE]: {} })) {
      writeFileSync(join(events, `${type}.sample.json`), JSON.stringify({ type, id: '1', data }));
    }
    const { page } = await openAdmin(browser, { options: { events } });
    for (const type of ['content-shared', TYPE]) {
      const section = page.getByRole('region', { name: type });
      await section.getByText('yours', { exact: true }).waitFor();
      await section.getByRole('link', { name: 'Send' }).click();
      await page.getByText('This is your own sample.').waitFor();
      expect(await page.getByLabel('Event type').inputValue()).toBe(type);
      await goTo(page, 'Webhooks');
    }
  });
});
