// Makes docs/screenshots of the built Admin page. There are two webhooks, and their app fails twice before it succeeds.
// With a folder as its argument, it takes pictures of every screen in both themes, for a desktop and for a phone:
// pnpm --dir packages/emulator screenshots /tmp/pictures
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createNodeHandler } from '@showpad-webhooks/core/node';
import { createEmulator } from '@showpad-webhooks/emulator';
import { chromium } from 'playwright-core';

const FOLDER = fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url));
const PATH = '/webhooks/showpad';
const RETRIED = 'shared-space-user-added';
const REFUSED = 'COURSE_COMPLETED';

const keys = [];
const app = await startApp();
const emulator = await createEmulator({ clock: 'manual' });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
await subscribe('CRM', [RETRIED, 'shared-space-created']);
await subscribe('Analytics', [RETRIED, REFUSED]);
await emulator.faults.add({
  api: 'delivery',
  match: { type: REFUSED },
  probability: 1,
  count: 1,
  action: { kind: 'wrong-key' },
});
await emulator.faults.add({
  api: 'delivery',
  match: { attempt: 2 },
  probability: 0.2,
  count: null,
  action: { kind: 'delay' },
});
await emulator.trigger(REFUSED);
await emulator.trigger('shared-space-created');

const page = await openPage('light');
await page.getByRole('navigation').getByRole('link', { name: 'Send event' }).click();
await page.getByRole('button', { name: 'Send', exact: true }).click();
await page.getByRole('link', { name: 'See the responses' }).click();
await page.getByText(/Attempt 2 in/).waitFor();
await emulator.advanceTime(15_000);
await shot(page, 'responses', 'Responses');
await shot(page, 'webhooks', 'Webhooks');
await shot(page, 'faults', 'Faults');
await shotOfKey(page);

const darkPage = await openPage('dark');
await shot(darkPage, 'responses-dark', 'Responses');

if (process.argv[2]) await shotsOfAll(process.argv[2]);

await browser.close();
await emulator.close();
app.close();

/** An app as users write it. Its handler of one event type fails twice for each webhook. */
async function startApp() {
  let failures = 4;
  const handler = createNodeHandler({
    path: PATH,
    keys: () => keys,
    ledger: false,
    on: {
      [RETRIED]: () => {
        if (failures-- > 0) throw new Error('the CRM does not answer');
      },
    },
  });
  const server = createServer(handler);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function subscribe(name, types) {
  const url = `http://127.0.0.1:${app.address().port}${PATH}`;
  const { signatureKey } = await emulator.subscriptions.create({ name, types, url });
  keys.push(signatureKey);
}

async function openPage(colorScheme, viewport = { width: 1280, height: 800 }) {
  const opened = await browser.newPage({ colorScheme, reducedMotion: 'reduce', viewport });
  await opened.goto(emulator.url);
  await opened.getByText('Live', { exact: true }).waitFor();
  return opened;
}

async function shot(on, name, screen) {
  await on.reload(); // So that every number is current.
  await on.getByText('Live', { exact: true }).waitFor();
  await on.getByRole('navigation').getByRole('link', { name: screen }).click();
  await on.getByRole('heading', { level: 1, name: screen }).waitFor();
  await on.screenshot({ path: `${FOLDER}${name}.png` });
}

/** Creates a webhook, and takes a picture of the dialog with its key. */
async function shotOfKey(on) {
  await on.getByRole('navigation').getByRole('link', { name: 'Webhooks' }).click();
  await on.getByRole('button', { name: 'Add a webhook for shared-space-created' }).click();
  await on.getByLabel('Name').fill('Marketing');
  await on.getByLabel('URL').fill('http://127.0.0.1:3000/webhooks/showpad');
  await on.getByRole('button', { name: 'Create webhook' }).click();
  await on.getByRole('dialog', { name: 'Signature key of Marketing' }).waitFor();
  await on.screenshot({ path: `${FOLDER}signature-key.png` });
}

/** Every screen and two dialogs. A test checks that nothing is cut off, but not whether it is pleasant to look at. */
async function shotsOfAll(folder) {
  mkdirSync(folder, { recursive: true });
  for (const scheme of ['light', 'dark']) {
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 390, height: 844 },
    ]) {
      const on = await openPage(scheme, viewport);
      const take = (name) =>
        on.screenshot({ path: `${folder}/${scheme}-${viewport.width}-${name}.png`, fullPage: true });
      const links = on.getByRole('navigation').getByRole('link');
      for (const link of await links.all()) {
        const href = await link.getAttribute('href');
        const name = href.replace('#/', '');
        await link.click();
        await on.locator(`nav a[href="${href}"][aria-current="page"]`).waitFor();
        if (name === 'send') {
          await on.getByRole('button', { name: 'Send', exact: true }).click();
          await on.getByText('See the responses').waitFor();
        }
        await take(name);
      }
      await links.first().click();
      await on.getByRole('button', { name: `Add a webhook for ${RETRIED}` }).click();
      await take('new-webhook');
      await on.close();
    }
  }
}
