import type { Emulator } from '@showpad-webhooks/emulator';
import { BROWSER_TIMEOUT_MS, hasBrowser, launch } from '@showpad-webhooks/ui/testing/browser.ts';
import { faultsOf } from '@showpad-webhooks/ui/testing/layout.ts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goTo, openAdmin, startReceiver } from './admin-page.ts';
import { buildAdmin } from './build-admin.ts';

const SCREENS = ['Webhooks', 'Responses', 'Send event', 'Faults', 'Clock', 'Tokens', 'Assumptions', 'State'];
const TYPE = 'shared-space-user-added';
const OWN_TYPE = 'a-type-of-your-own-with-a-name-of-many-letters-for-an-event-that-happens-rarely';

/** One of everything, with long names, as they are in practice. */
async function fill(emulator: Emulator): Promise<void> {
  const receiver = await startReceiver(503, 503, 200, 401, 503);
  const url = `${receiver.url}/with/a/long/path/that/names/the/tenant/of/a/customer?token=abcdefghijklmnopqrstuvwxyz`;
  const types = [TYPE, 'shared-space-created', OWN_TYPE, 'a-type-that-only-a-webhook-has'];
  await emulator.subscriptions.create({ name: 'The CRM of the sales team in Europe', types, url });
  await emulator.samples.add({ type: OWN_TYPE, data: {} });
  await emulator.faults.add({ api: 'delivery', match: { type: TYPE }, action: { kind: 'delay-lognormal' } });
  await emulator.faults.add({ api: 'delivery', match: { attempt: 4 }, action: { kind: 'wrong-key' } });
  await emulator.trigger(TYPE);
  await emulator.advanceTime(15_000);
  await emulator.trigger(OWN_TYPE);
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
