import { seriousFindings } from '@showpad-webhooks/ui/testing/accessibility.ts';
import { BROWSER_TIMEOUT_MS, hasBrowser, launch } from '@showpad-webhooks/ui/testing/browser.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goTo, openAdmin, startReceiver } from './admin-page.ts';
import { buildAdmin } from './build-admin.ts';

const SCREENS = ['Webhooks', 'Responses', 'Send event', 'Faults', 'Clock', 'Tokens', 'Assumptions', 'State'];

const SCHEMES = ['light', 'dark'] as const;

describe.runIf(hasBrowser).each(SCHEMES)(
  'the Admin page, %s',
  { timeout: BROWSER_TIMEOUT_MS },
  (colorScheme) => {
    let browser: Browser;
    beforeAll(async () => {
      await buildAdmin();
      browser = await launch();
    }, BROWSER_TIMEOUT_MS);
    afterAll(() => browser.close());

    it('is accessible on every screen while it is empty', async () => {
      const { page } = await openAdmin(browser, { colorScheme });
      expect(await findingsOnScreens(page)).toEqual([]);
    });

    it('is accessible on every screen with webhooks, retries and faults', async () => {
      const { page, emulator } = await openAdmin(browser, { colorScheme });
      const receiver = await startReceiver(503, 503, 200, 404, 503);
      const types = ['shared-space-user-added', 'shared-space-created'];
      await emulator.subscriptions.create({ name: 'CRM', types, url: receiver.url });
      await emulator.faults.add({ api: 'delivery', match: {}, action: { kind: 'delay', ms: 1 } });
      await emulator.trigger('shared-space-user-added');
      await emulator.advanceTime(15_000);
      await emulator.trigger('shared-space-created');
      await emulator.trigger('shared-space-user-added');
      expect(await findingsOnScreens(page)).toEqual([]);
    });

    it('is accessible in its dialogs', async () => {
      const { page, emulator } = await openAdmin(browser, { colorScheme });
      await emulator.subscriptions.create({
        name: 'CRM',
        types: ['shared-space-user-added'],
        url: 'http://127.0.0.1:1/',
      });
      const findings: string[] = [];
      for (const button of ['Sample body', 'Add a webhook for', 'Edit CRM', 'Delete webhook CRM']) {
        await page.getByRole('button', { name: button }).first().click();
        await page.getByRole('dialog').waitFor();
        findings.push(...(await seriousFindings(page, button)));
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      expect(findings).toEqual([]);
    });
  },
);

async function findingsOnScreens(page: Page): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const screen of SCREENS) {
    await goTo(page, screen);
    findings.push(...(await seriousFindings(page, screen)));
  }
  return findings;
}
