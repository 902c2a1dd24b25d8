// Makes the pictures of the page in docs/screenshots: pnpm --dir packages/dashboard screenshots
// With a folder as its argument, it takes pictures of every view in both themes, for a desktop and for a phone, instead:
// pnpm --dir packages/dashboard screenshots /tmp/pictures
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createReceiver, PermanentError } from '@showpad-webhooks/core';
import { createMemoryInbox, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { createDashboard } from '@showpad-webhooks/dashboard';
import { launch } from '@showpad-webhooks/ui/testing/browser.ts';
import type { Page } from 'playwright-core';
import type { StatusView } from '../src/api/views.ts';
import type { Sample } from '../src/sampler.ts';
import { buildDashboard } from './build-dashboard.ts';

const FOLDER = fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url));
const KEY = 'the-key-of-the-screenshots';
const VIEWPORTS = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];

await buildDashboard();
const inbox = createMemoryInbox({ backoff: () => 600_000 });
const receiver = createReceiver({ keys: KEY, inbox });
let isDown = true;
receiver.on(
  'shared-space-user-added',
  () => {
    if (isDown) throw new PermanentError('connect ECONNREFUSED 10.0.3.7:443');
  },
  { name: 'crm' },
);
receiver.on(
  'shared-space-created',
  () => {
    throw new Error('The warehouse answered 503.');
  },
  { name: 'warehouse' },
);
receiver.on('COURSE_COMPLETED', () => {
  throw new PermanentError(
    'The learner "4711" does not exist in the learning system, and nobody else has created it.',
  );
});
await receiver.start();
for (let index = 0; index < 9; index++) await deliver('shared-space-user-added');
for (let index = 0; index < 3; index++) await deliver('COURSE_COMPLETED');
for (let index = 0; index < 4; index++) await deliver('shared-space-created');
// Somebody tried too early.
await inbox.retry({ state: 'dead' });
while ((await inbox.counts()).dead < 12) await nextTurn();
isDown = false;
for (let index = 0; index < 40; index++) await deliver('shared-space-user-added');

const dashboard = createDashboard({ inbox, authorize: () => 'kent.cook@example.com', onAudit: () => {} });
const server = createServer((req, res) => dashboard(req, res));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ops/webhooks`;
const browser = await launch();

const folder = process.argv[2];
if (folder) await takeAll(folder);
else {
  await take(await open('light'), `${FOLDER}dashboard.png`);
  const page = await open('light');
  await openEntry(page);
  await take(page, `${FOLDER}dashboard-entry.png`);
}
await browser.close();
dashboard.close();
server.close();
await receiver.close();

async function deliver(type: string): Promise<void> {
  const { method, headers, body } = signedDelivery(
    { ...sampleEvent(type as 'COURSE_COMPLETED'), id: randomUUID() },
    { key: KEY },
  );
  await receiver.receive({ method, headers, body });
}

async function open(colorScheme: 'light' | 'dark', viewport = VIEWPORTS[0]): Promise<Page> {
  const page = await browser.newPage({ colorScheme, reducedMotion: 'reduce', ...(viewport && { viewport }) });
  // The server takes a sample every ten seconds. Nobody wants to wait half an hour for a picture.
  await page.route('**/api/status*', async (route) => {
    const response = await route.fetch();
    const status = (await response.json()) as StatusView;
    await route.fulfill({
      response,
      json: { ...status, samples: hasSamples(route.request().url()) ? [] : past(status) },
    });
  });
  await page.goto(url);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByRole('row').nth(1).waitFor();
  return page;
}

function hasSamples(address: string): boolean {
  return new URL(address).searchParams.has('after');
}

/** Half an hour in which the CRM went away and came back. */
function past({ nowMs, dead, done, pending }: StatusView): readonly Sample[] {
  return Array.from({ length: 180 }, (_, index) => {
    const left = 180 - index;
    const wave = Math.abs(Math.sin(index / 5) + Math.sin(index / 13)) + 0.2;
    const isAway = index > 70 && index < 110;
    return {
      atMs: nowMs - left * 10_000,
      pending: isAway
        ? Math.round((index - 70) * 1.5)
        : Math.max(0, 60 - Math.max(0, index - 110) * 5) * (index >= 110 ? 1 : 0) + pending,
      leased: Math.round(wave),
      done: Math.round(done - left * 6 - (isAway ? (110 - index) * 3 : 0) - wave * 5),
      dead: isAway ? Math.round((dead * (index - 70)) / 40) : index >= 110 ? dead : 0,
      lagMs: isAway ? (index - 70) * 900 : wave * 300,
    };
  });
}

async function openEntry(page: Page): Promise<void> {
  await page.getByRole('row').nth(1).getByRole('link').click();
  await page.getByRole('button', { name: 'Show the payload' }).click();
  await page.getByRole('figure').waitFor();
}

async function take(page: Page, path: string, fullPage = false): Promise<void> {
  await page.screenshot({ path, fullPage });
}

async function takeAll(to: string): Promise<void> {
  mkdirSync(to, { recursive: true });
  for (const scheme of ['light', 'dark'] as const) {
    for (const viewport of VIEWPORTS) {
      const page = await open(scheme, viewport);
      const shoot = (name: string, fullPage = false) =>
        take(page, `${to}/${scheme}-${viewport.width}-${name}.png`, fullPage);
      await shoot('dead', true);
      await page.getByRole('checkbox').nth(1).check();
      await page.getByLabel('Handler').fill('crm');
      await page.getByText('9 entries found').waitFor();
      await page.getByRole('checkbox').nth(1).check();
      await shoot('selected');
      await page.getByRole('button', { name: 'Select none' }).click();
      await page.getByRole('button', { name: 'Retry all that match' }).click();
      await page.getByRole('button', { name: 'Retry 9 entries' }).waitFor();
      await shoot('ask');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await openEntry(page);
      await shoot('entry');
      await page.keyboard.press('Escape');
      await page.getByLabel('Handler').fill('nobody');
      await page.getByText('No dead entry matches').waitFor();
      await shoot('none');
      await page.close();
    }
  }
}
