import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { verifySignature } from '@showpad-webhooks/core';
import { createEmulator } from '@showpad-webhooks/emulator';
import { BROWSER_TIMEOUT_MS, hasBrowser, launch } from '@showpad-webhooks/ui/testing/browser.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { copied, goTo, openAdmin, type Received, snippet, startReceiver } from './admin-page.ts';
import { buildAdmin } from './build-admin.ts';

const TYPE = 'shared-space-user-added';
/** Whether the key signed the delivery. Its time is the emulator's, which a manual clock stops. */
function isSignedWith(key: string, { headers, body }: Received): boolean {
  const nowMs = Number(headers['x-showpad-signature-timestamp']) * 1000;
  return verifySignature({ body, headers, keys: [{ label: 'shown', key }], nowMs }).keyLabel === 'shown';
}

const dataOf = ({ body }: Received): unknown => JSON.parse(body.toString()).data;
const shell = (command: string) => promisify(execFile)('sh', ['-c', command]);

describe.runIf(hasBrowser)('the Admin page', { timeout: BROWSER_TIMEOUT_MS }, () => {
  let browser: Browser;
  beforeAll(async () => {
    await buildAdmin();
    browser = await launch();
  }, BROWSER_TIMEOUT_MS);
  afterAll(() => browser.close());

  /** Subscribes through the page; resolves to the key that it shows. */
  async function subscribe(page: Page, url: string): Promise<string> {
    await page.getByRole('button', { name: `Add a webhook for ${TYPE}` }).click();
    await page.getByLabel('Name').fill('CRM');
    await page.getByLabel('URL').fill(url);
    await page.getByRole('button', { name: 'Create webhook' }).click();
    const dialog = page.getByRole('dialog', { name: 'Signature key of CRM' });
    const key = await snippet(page, 'Signature key');
    await dialog.getByRole('button', { name: 'I have copied it' }).click();
    await dialog.waitFor({ state: 'detached' });
    return key;
  }

  async function send(page: Page): Promise<void> {
    await goTo(page, 'Send event');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('link', { name: 'See the responses' }).click();
  }

  const trail = (page: Page) => page.getByRole('article').locator('header .badge').allInnerTexts();

  it('shows the signature key once, and it is the key that deliveries are signed with', async () => {
    const { page } = await openAdmin(browser);
    const receiver = await startReceiver();
    const key = await subscribe(page, receiver.url);
    await send(page);
    await page.getByRole('heading', { name: 'Attempt 1' }).waitFor();

    expect(isSignedWith(key, await receiver.delivery(0))).toBe(true);
    await page.reload();
    await page.getByRole('heading', { name: 'Attempt 1' }).waitFor();
    expect(await page.content()).not.toContain(key);
    await goTo(page, 'Webhooks');
    await page.getByRole('button', { name: 'Edit CRM' }).click();
    await page.getByRole('dialog', { name: 'Edit CRM' }).waitFor();
    expect(await page.content()).not.toContain(key);
  });

  it('shows a delivery as it is retried: 503, 503, 200', async () => {
    const { page } = await openAdmin(browser);
    const receiver = await startReceiver(503, 503);
    await subscribe(page, receiver.url);
    await send(page);

    await page.getByText('Attempt 2 in 3 s').waitFor();
    await expect.poll(() => trail(page)).toEqual(['503', 'in 3 s']);
    await page.getByRole('button', { name: 'Advance the clock to it' }).click();
    await page.getByText('Attempt 3 in 4.5 s').waitFor();
    await expect.poll(() => trail(page)).toEqual(['503', '503', 'in 4.5 s']);

    await goTo(page, 'Clock');
    await page.getByRole('button', { name: '+ 7.5 s' }).click();
    await page.getByText('Nothing is scheduled. If your app responds with a 5xx').waitFor();
    await goTo(page, 'Responses');
    await page.getByRole('heading', { name: 'Attempt 3' }).waitFor();
    await expect.poll(() => trail(page)).toEqual(['503', '503', '200']);
    expect(receiver.count).toBe(3);
    await goTo(page, 'Webhooks');
    await page.getByRole('row', { name: /CRM.*\b3\b.*200/ }).waitFor();
  });

  it('replays an edited body with a new signature', async () => {
    const { page } = await openAdmin(browser);
    const receiver = await startReceiver();
    const key = await subscribe(page, receiver.url);
    await send(page);
    await page.getByRole('button', { name: 'Edit & replay' }).click();
    const body = '{ "type": "edited", "id": "☃" }\n';
    await page.getByLabel('Body', { exact: true }).fill(body);
    await page.getByRole('dialog').getByRole('button', { name: 'Replay' }).click();

    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('"id": "☃"').first().waitFor();
    expect((await receiver.delivery(1)).body.toString()).toBe(body);
    expect(isSignedWith(key, await receiver.delivery(1))).toBe(true);
  });

  it('explains why an app rejects a signature', async () => {
    const { page } = await openAdmin(browser);
    const receiver = await startReceiver();
    await subscribe(page, receiver.url);
    await send(page);
    await page.getByText('My app rejects this signature').click();
    const explain = async (body?: string) => {
      if (body !== undefined) await page.getByLabel('The body that your app verified').fill(body);
      await page.getByRole('button', { name: 'Explain' }).click();
      return page
        .getByRole('status')
        .filter({ hasText: /signature|mistakes/ })
        .textContent();
    };
    expect(await explain()).toContain('The signature is right');
    const sent = (await receiver.delivery(0)).body.toString();
    expect(await explain(`${sent}\n`)).toContain('without the line breaks at its end');
    expect(await explain('{}')).toContain('It is none of the usual mistakes');
  });

  it('exports the state, imports it again, and resets after asking', async () => {
    const { page, emulator } = await openAdmin(browser, { provokes: /status of 422/ });
    const key = await subscribe(page, 'http://127.0.0.1:1/');
    await goTo(page, 'State');
    const download = async () => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download' }).click(),
      ]);
      expect(file.suggestedFilename()).toBe('emulator-state.json');
      return text(await file.createReadStream());
    };
    expect(await download()).not.toContain(key);
    await page.getByLabel(/Include signature keys/).check();
    const state = await download();
    expect(state).toContain(key);

    await page.getByRole('button', { name: 'Reset the emulator' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(await emulator.subscriptions.list()).toHaveLength(1);
    await page.getByRole('button', { name: 'Reset the emulator' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await emulator.subscriptions.list()).toEqual([]);

    const choose = (name: string, contents: string) =>
      page
        .getByLabel('File', { exact: true })
        .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(contents) });
    await choose('broken.json', '{');
    await page.getByRole('alert').filter({ hasText: 'broken.json is not JSON' }).waitFor();
    await choose('other.json', '{"version":2}');
    await page.getByRole('alert').filter({ hasText: 'version' }).waitFor();
    await choose('state.json', state);
    await page.getByText('Imported state.json.').waitFor();
    expect(await emulator.subscriptions.list()).toHaveLength(1);
    expect(JSON.parse(await download()).subscriptions[0].signatureKey).toBe(key);
  });

  it('asks before it deletes a webhook', async () => {
    const { page, emulator } = await openAdmin(browser);
    await subscribe(page, 'http://127.0.0.1:1/');
    const dialog = page.getByRole('dialog', { name: 'Delete webhook CRM?' });
    await page.getByRole('button', { name: 'Delete webhook CRM' }).click();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await emulator.subscriptions.list()).toHaveLength(1);

    await page.getByRole('button', { name: 'Delete webhook CRM' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'No webhooks yet' }).waitFor();
    expect(await emulator.subscriptions.list()).toHaveLength(0);
  });

  it('shows next to a field what the emulator refuses', async () => {
    const { page } = await openAdmin(browser, { provokes: /status of 422/ });
    await page.getByRole('button', { name: `Add a webhook for ${TYPE}` }).click();
    await page.getByLabel('Name').fill('CRM');
    await page.getByLabel('URL').fill('http://example.com/');
    await page.getByRole('button', { name: 'Create webhook' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('URL').getAttribute('aria-invalid')).toBe('true');
  });

  it('shows the command that creates the first webhook while there is none', async () => {
    const { page } = await openAdmin(browser);
    await shell(await copied(page, 'Copy'));
    await page.getByRole('row', { name: 'My app' }).waitFor();
  });

  it('copies an attempt as a curl command that sends the same bytes', async () => {
    const { page } = await openAdmin(browser);
    const receiver = await startReceiver();
    await subscribe(page, receiver.url);
    await send(page);
    await shell(await copied(page, 'Copy as curl'));

    const [sent, again] = [await receiver.delivery(0), await receiver.delivery(1)];
    expect(again.body).toEqual(sent.body);
    expect(again.headers['x-showpad-signature-v1']).toBe(sent.headers['x-showpad-signature-v1']);
  });

  it('copies an attempt as a test that passes', async () => {
    const { page } = await openAdmin(browser);
    const receiver = await startReceiver();
    await subscribe(page, receiver.url);
    await send(page);
    const code = (await copied(page, 'Copy as test')).replaceAll(/^import .*$/gm, '');
    const runs: unknown[] = [];
    const test = (_name: string, run: (context: object) => unknown) =>
      runs.push(run({ after: onTestFinished }));
    new Function('assert', 'test', 'createEmulator', code)(assert, test, createEmulator);

    await Promise.all(runs);
    const [sent, again] = [await receiver.delivery(0), await receiver.delivery(1)].map(dataOf);
    expect(again).toEqual(sent);
  });

  it('adds a fault, which is recorded on the attempt', async () => {
    const { page, emulator } = await openAdmin(browser);
    const receiver = await startReceiver();
    await emulator.subscriptions.create({ name: 'CRM', types: [TYPE], url: receiver.url });
    await goTo(page, 'Faults');
    await page.getByLabel('Action').selectOption('wrong-key');
    await page.getByLabel('How many times').fill('1');
    await page.getByRole('button', { name: 'Add rule' }).click();
    await page.getByRole('row', { name: 'wrong-key' }).waitFor();
    await send(page);
    await page.getByText('fault: wrong-key').waitFor();
  });

  it('labels the parameters of a fault, and shows next to one what is wrong with it', async () => {
    const { page, emulator } = await openAdmin(browser, { provokes: /status of 422/ });
    await goTo(page, 'Faults');
    await page.getByLabel('Action').selectOption('delay-lognormal');
    await page.getByLabel('Median delay (ms)').fill('-1');
    await page.getByRole('button', { name: 'Add rule' }).click();
    await page.getByRole('alert').filter({ hasText: 'must be 0 or more.' }).waitFor();
    expect(await page.getByLabel('Median delay (ms)').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Median delay (ms)').fill('20');
    await page.getByRole('button', { name: 'Add rule' }).click();
    await page.getByRole('row', { name: 'delay-lognormal' }).waitFor();
    expect(await emulator.faults.list()).toMatchObject([
      { match: {}, action: { kind: 'delay-lognormal', medianMs: 20, sigma: 1, maxMs: 60_000 } },
    ]);
  });

  it('creates a token that the subscriptions API accepts', async () => {
    const { page } = await openAdmin(browser);
    await goTo(page, 'Tokens');
    await page.getByRole('button', { name: 'Create an access token' }).click();
    const command = await snippet(page, 'List the subscriptions');
    expect((await shell(`${command} -s -o /dev/null -w '%{http_code}'`)).stdout).toBe('200');
  });

  it('switches an assumption', async () => {
    const { page, emulator } = await openAdmin(browser);
    const receiver = await startReceiver(503, 503);
    await emulator.subscriptions.create({ name: 'CRM', types: [TYPE], url: receiver.url });
    await goTo(page, 'Assumptions');
    await page.getByRole('combobox', { name: /14\.25/ }).selectOption({ label: 'interval' });
    await send(page);
    await page.getByRole('button', { name: 'Advance the clock to it' }).click();
    await page.getByText('Attempt 3 in 7.5 s').waitFor();
  });

  it('can be used by keyboard alone', async () => {
    const { page, emulator } = await openAdmin(browser);
    const add = page.getByRole('button', { name: `Add a webhook for ${TYPE}` });
    await tabTo(page, add);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await isFocused(add), 'the focus is back where it was').toBe(true);

    await page.keyboard.press('Enter');
    await tabTo(page, page.getByLabel('Name'));
    await page.keyboard.type('CRM');
    await tabTo(page, page.getByLabel('URL'));
    await page.keyboard.type('http://127.0.0.1:1/');
    await page.keyboard.press('Enter');
    await tabTo(page, page.getByRole('button', { name: 'I have copied it' }));
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: 'CRM' }).waitFor();
    expect(await emulator.subscriptions.list()).toHaveLength(1);
  });

  it('says when the emulator is gone', async () => {
    const { page, emulator } = await openAdmin(browser, {
      provokes: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING/,
    });
    await emulator.close();
    await page.getByText('No connection. Is the emulator still running?').waitFor();
  });
});

type Target = ReturnType<Page['getByRole']>;

const isFocused = (target: Target): Promise<boolean> =>
  target.evaluate((element) => element === element.ownerDocument.activeElement);

async function tabTo(page: Page, target: Target): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 50; presses++) {
    if (await isFocused(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`50 presses of Tab don't reach ${target}`);
}
