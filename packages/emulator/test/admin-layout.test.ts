import type { Emulator } from '@showpad-webhooks/emulator';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSER_TIMEOUT_MS, goTo, hasBrowser, launch, openAdmin, startReceiver } from './admin-page.ts';
import { buildAdmin } from './build-admin.ts';

const SCREENS = ['Webhooks', 'Responses', 'Send event', 'Faults', 'Clock', 'Tokens', 'Assumptions', 'State'];
const TYPE = 'shared-space-user-added';

/** Names what reaches over the right edge of the page, or over the edge of the box that cuts it off. */
const OVERFLOWING = `
  [...(document.querySelector('dialog[open]') ?? document.body).querySelectorAll('*')].flatMap((element) => {
    const style = getComputedStyle(element);
    const { right, width, height } = element.getBoundingClientRect();
    if (width <= 1 || height <= 1 || style.visibility === 'hidden' || element.closest('.skip')) return [];
    const name = element.tagName.toLowerCase() + '.' + element.className + ' "' + element.textContent.trim().slice(0, 40) + '"';
    if (right > document.documentElement.clientWidth + 1) return [name + ' ends at ' + Math.round(right) + ' px'];
    // The choice of a select ends with an ellipsis, and a text field scrolls.
    if (/^(select|option|input|textarea|svg|path)$/i.test(element.tagName) || style.display === 'inline') return [];
    return element.scrollWidth > element.clientWidth + 1
      ? [name + ' is ' + element.scrollWidth + ' px wide in a box of ' + element.clientWidth + ' px']
      : [];
  })`;

/** Names texts of different cells or labels that lie over each other. */
const OVERLAPPING = `
  (() => {
    const boxes = [...(document.querySelector('dialog[open]') ?? document.querySelector('main')).querySelectorAll(':is(th, td, label, button, .button, select, input, h1, h2, h3)')]
      .filter((element) => !element.matches('.hidden-text, .close'))
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 1 && box.height > 1);
    return boxes.flatMap(({ element, box }, index) =>
      boxes.slice(index + 1)
        .filter((other) => !element.contains(other.element) && !other.element.contains(element))
        .filter((other) =>
          Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left) > 1 &&
          Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top) > 1)
        .map((other) => element.textContent.trim().slice(0, 30) + ' / ' + other.element.textContent.trim().slice(0, 30)));
  })()`;

async function faultsOf(page: Page, where: string): Promise<readonly string[]> {
  const overflowing = (await page.evaluate(OVERFLOWING)) as readonly string[];
  const overlapping = (await page.evaluate(OVERLAPPING)) as readonly string[];
  return [...overflowing, ...overlapping.map((each) => `overlap: ${each}`)].map(
    (each) => `${where}: ${each}`,
  );
}

/** One of everything, with long names, as they are in practice. */
async function fill(emulator: Emulator): Promise<void> {
  const receiver = await startReceiver(503, 503, 200, 401, 503);
  const url = `${receiver.url}/with/a/long/path/that/names/the/tenant/of/a/customer?token=abcdefghijklmnopqrstuvwxyz`;
  const types = [TYPE, 'shared-space-created'];
  await emulator.subscriptions.create({ name: 'The CRM of the sales team in Europe', types, url });
  await emulator.samples.add({ type: 'a-type-of-your-own-with-a-name-of-many-letters', data: {} });
  await emulator.faults.add({ api: 'delivery', match: { type: TYPE }, action: { kind: 'delay-lognormal' } });
  await emulator.faults.add({ api: 'delivery', match: { attempt: 4 }, action: { kind: 'wrong-key' } });
  await emulator.trigger(TYPE);
  await emulator.advanceTime(15_000);
  await emulator.trigger('shared-space-created');
  await emulator.trigger(TYPE);
  await emulator.advanceTime(0);
  expect(emulator.accessToken).not.toBe('');
}

describe.runIf(hasBrowser).each([1280, 390])(
  'the Admin page at %i px',
  { timeout: BROWSER_TIMEOUT_MS },
  (width) => {
    let browser: Browser;
    beforeAll(async () => {
      await buildAdmin();
      browser = await launch();
    }, BROWSER_TIMEOUT_MS);
    afterAll(() => browser.close());

    async function open(): ReturnType<typeof openAdmin> {
      const opened = await openAdmin(browser);
      await opened.page.setViewportSize({ width, height: 844 });
      return opened;
    }

    it('fits on every screen while it is empty', async () => {
      const { page } = await open();
      const faults: string[] = [];
      for (const screen of SCREENS) {
        await goTo(page, screen);
        faults.push(...(await faultsOf(page, screen)));
      }
      expect(faults).toEqual([]);
    });

    it('fits on every screen that is full, and in its dialogs', async () => {
      const { page, emulator } = await open();
      await fill(emulator);
      await page.reload();
      await page.getByText('Live', { exact: true }).waitFor();
      const faults: string[] = [];
      for (const screen of SCREENS) {
        await goTo(page, screen);
        if (screen === 'Send event') {
          await page.getByRole('button', { name: 'Send', exact: true }).click();
          await page.getByText('1 event sent').waitFor();
        }
        faults.push(...(await faultsOf(page, screen)));
      }
      await goTo(page, 'Webhooks');
      for (const button of ['Sample body', 'Add a webhook for', 'Edit The CRM', 'Delete webhook']) {
        await page.getByRole('button', { name: button }).first().click();
        await page.getByRole('dialog').waitFor();
        faults.push(...(await faultsOf(page, button)));
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      expect(faults).toEqual([]);
    });
  },
);
