import type { AuditLine } from '@showpad-webhooks/dashboard';
import { seriousFindings } from '@showpad-webhooks/ui/testing/accessibility.ts';
import {
  BROWSER_TIMEOUT_MS,
  expectNoComplaints,
  hasBrowser,
  launch,
} from '@showpad-webhooks/ui/testing/browser.ts';
import { faultsOf } from '@showpad-webhooks/ui/testing/layout.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildDashboard } from './build-dashboard.ts';
import { type FilledInbox, fillInbox } from './filled-inbox.ts';
import { openDashboard } from './open-dashboard.ts';

const PAYLOAD = 'kent.cook@showpad.com';

// Where no browser is installed there are no cases. In CI that is an error.
describe.each(hasBrowser ? ['Chromium'] : [])('the page in %s', { timeout: BROWSER_TIMEOUT_MS }, () => {
  let browser: Browser;
  beforeAll(async () => {
    await buildDashboard();
    browser = await launch();
  }, BROWSER_TIMEOUT_MS);
  afterAll(() => browser.close());

  interface Opened extends FilledInbox {
    readonly page: Page;
    readonly url: string;
    readonly audit: readonly AuditLine[];
  }

  interface OpenOptions {
    readonly colorScheme?: 'light' | 'dark';
    readonly width?: number;
    readonly readOnly?: boolean;
    readonly provokes?: RegExp;
    readonly fill?: (filled: FilledInbox) => Promise<void>;
  }

  async function open({
    colorScheme = 'light',
    width = 1280,
    readOnly = false,
    provokes,
    fill,
  }: OpenOptions = {}): Promise<Opened> {
    const filled = await fillInbox();
    await fill?.(filled);
    const audit: AuditLine[] = [];
    const { url } = await openDashboard({
      inbox: filled.inbox,
      readOnly,
      onAudit: (line) => void audit.push(line),
    });
    const context = await browser.newContext({
      colorScheme,
      reducedMotion: 'reduce',
      viewport: { width, height: 844 },
      extraHTTPHeaders: { 'x-user': 'kent' },
    });
    const page = await context.newPage();
    expectNoComplaints(page, provokes);
    onTestFinished(() => context.close());
    await page.goto(url);
    await page.getByText('Live', { exact: true }).waitFor();
    return Object.assign(filled, { page, url, audit });
  }

  const link = (page: Page, id: string) => page.getByRole('link', { name: id, exact: true });
  const row = (page: Page, id: string) => page.getByRole('row').filter({ has: link(page, id) });
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });

  async function dieTwice(filled: FilledInbox): Promise<void> {
    await dieSome(filled);
    await filled.inbox.retry({ id: 'event-1' });
    await vi.waitUntil(async () => (await filled.inbox.counts()).dead === 4);
  }

  async function dieSome({ die }: FilledInbox): Promise<void> {
    await die('event-1');
    await die('event-2');
    await die('event-3');
    await die('event-4', { type: 'a-type-of-your-own' });
  }

  it('answers what is dead and why, retries one, retries all that match, and discards one: at 3 a.m.', async () => {
    const opened = await open({ fill: dieSome });
    const { page, audit, inbox } = opened;
    // What is dead, and why?
    await page.getByRole('link', { name: 'Dead 4' }).waitFor();
    await row(page, 'event-1').getByText('The CRM answered 503.').waitFor();
    // What happened to this one, and what was in it?
    await link(page, 'event-1').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('PERMANENT_FAILURE').waitFor();
    expect(await page.content()).not.toContain(PAYLOAD);
    expect(audit).toEqual([]);
    await button(page, 'Show the payload').click();
    await dialog.getByText(PAYLOAD).waitFor();
    expect(audit).toMatchObject([{ who: 'kent', action: 'payload', id: 'event-1' }]);
    // The CRM is back. Does one work?
    opened.isDown = false;
    await dialog.getByRole('button', { name: 'Retry' }).click();
    await button(page, 'Retry 1 entry').click();
    await page.getByText('1 of 1 entry retried').waitFor();
    await page.getByRole('listitem').filter({ hasText: '1 done' }).waitFor();
    await button(page, 'Close').last().click();
    // Then all of them.
    await page.getByLabel('Type').fill('shared-space');
    await page.getByText('2 entries found').waitFor();
    await button(page, 'Retry all that match').click();
    await button(page, 'Retry 2 entries').click();
    await page.getByRole('listitem').filter({ hasText: '2 done' }).waitFor();
    await button(page, 'Close').last().click();
    // The last one can never be handled.
    await button(page, 'Clear the filters').click();
    await page.getByLabel('Select event-4').check();
    await button(page, 'Discard 1').click();
    await button(page, 'Discard 1 entry').click();
    await page.getByText('1 of 1 entry discarded').waitFor();
    await button(page, 'Close').last().click();
    await page.getByText('Nothing is dead: the app has given up no event.').waitFor();
    expect(await inbox.counts()).toEqual({ pending: 0, leased: 0, done: 3, dead: 0 });
    expect(audit.map(({ action, id }) => [action, id])).toEqual([
      ['payload', 'event-1'],
      ['retry', 'event-1'],
      ['retry', 'event-3'],
      ['retry', 'event-2'],
      ['discard', 'event-4'],
    ]);
  });

  it('shows what becomes dead while it is open, unless that would move what somebody selected', async () => {
    const { page, die } = await open({ fill: ({ die }) => die('event-1') });
    await link(page, 'event-1').waitFor();
    await die('event-2');
    await link(page, 'event-2').waitFor();
    await page.getByLabel('Select event-2').check();
    await die('event-3');
    await button(page, 'Show the latest').click();
    await link(page, 'event-3').waitFor();
    expect(await page.getByLabel('Select event-2').isChecked()).toBe(false);
  });

  it('says what has changed meanwhile instead of changing it', async () => {
    const { page, inbox } = await open({ fill: dieSome });
    await page.getByLabel('Select all that are shown').check();
    await button(page, 'Discard 4').click();
    await inbox.discard({ id: 'event-2' });
    await button(page, 'Discard 4 entries').click();
    await page.getByText('3 of 4 entries discarded').waitFor();
    await page.getByText('1 entry not discarded').waitFor();
    await page.getByText(/has changed since it was listed/).waitFor();
  });

  it('finds an event by its id in any state, and keeps what is shown in its URL', async () => {
    const opened = await open({ fill: dieSome });
    opened.isDown = false;
    await opened.deliver('event-5');
    const { page } = opened;
    await page.getByLabel('Event id').fill('event-5');
    await page.getByText('Found by its id, in any state').waitFor();
    await link(page, 'event-5').click();
    await page.getByRole('dialog').getByText('done', { exact: true }).waitFor();
    await page.getByText(/was deleted when the event was done/).waitFor();
    await page.reload();
    await page
      .getByRole('dialog')
      .getByText(/was deleted when the event was done/)
      .waitFor();
    await page.keyboard.press('Escape');
    await page.getByLabel('Event id').fill('nobody');
    await page.getByText('No entry has this id').waitFor();
  });

  it('shows hostile data as it is, and runs nothing of it', async () => {
    const html = '<img src=x onerror="document.title=1">';
    const { page } = await open({
      fill: async ({ die }) => {
        await die(`${html}\u202egpj.exe`, {
          type: html,
          data: { text: `</pre><script>document.title=2</script>\u202e` },
        });
        await die('x'.repeat(2_000));
      },
    });
    await page.getByText(html, { exact: true }).waitFor();
    await page.getByRole('link', { name: `${html}\\u202egpj.exe` }).click();
    await button(page, 'Show the payload').click();
    await page.getByText('</pre><script>').waitFor();
    expect(await page.getByRole('figure').textContent()).toContain('\\u202e');
    expect(await page.title()).toBe('Webhook inbox');
    await page.keyboard.press('Escape');
    expect(await page.getByLabel(/^Select xxx/).isDisabled()).toBe(true);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await faultsOf(page, 'hostile')).toEqual([]);
  });

  it('offers no change to whoever may only look', async () => {
    const { page } = await open({ fill: dieSome, readOnly: true });
    await page.getByText('read-only').waitFor();
    await link(page, 'event-1').click();
    await button(page, 'Show the payload').waitFor();
    expect(await page.getByRole('button', { name: /Retry|Discard/ }).count()).toBe(0);
    expect(await page.getByRole('checkbox').count()).toBe(0);
  });

  it('says when the app is gone, and goes on when it is back', async () => {
    const { page } = await open({ provokes: /ERR_INTERNET_DISCONNECTED/ });
    await page.context().setOffline(true);
    await page.getByText('The app does not answer').waitFor();
    await page.getByText('No connection').waitFor();
    await page.context().setOffline(false);
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('can be used by keyboard alone', async () => {
    const opened = await open({ fill: ({ die }) => die('event-1') });
    const { page } = opened;
    opened.isDown = false;
    await link(page, 'event-1').waitFor();
    const focused = () => page.evaluate('document.activeElement?.textContent');
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 40 && (await focused()) !== name; presses++)
        await page.keyboard.press('Tab');
      expect(await focused()).toBe(name);
    };
    await tabTo('event-1');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('PERMANENT_FAILURE').waitFor();
    await tabTo('Retry');
    await page.keyboard.press('Enter');
    await button(page, 'Retry 1 entry').waitFor();
    await tabTo('Retry 1 entry');
    await page.keyboard.press('Enter');
    await page.getByRole('listitem').filter({ hasText: '1 done' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('Nothing is dead').waitFor();
  });

  it.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('is accessible and fits, %s, at %i px', async (colorScheme, width) => {
    const { page } = await open({ fill: dieTwice, colorScheme, width });
    const faults: string[] = [];
    const check = async (where: string) => {
      faults.push(...(await seriousFindings(page, where)), ...(await faultsOf(page, where)));
    };
    await link(page, 'event-1').waitFor();
    await check('the list');
    await page.getByLabel('Select event-1').check();
    await page.getByLabel('Handler').fill('crm');
    await page.getByText('1 entry selected').waitFor();
    await check('a search');
    await link(page, 'event-1').click();
    await button(page, 'Show the payload').click();
    await page.getByRole('figure').waitFor();
    const attempts = page.getByRole('dialog').getByRole('listitem');
    expect(await attempts.allInnerTexts()).toEqual([
      expect.stringMatching(
        /^Attempt 1 after a retry by hand failed in any:crm on .* ms\.\s+PERMANENT_FAILURE: /,
      ),
      expect.stringMatching(/^Attempt 1 failed in any:crm on .* ms\.\s+PERMANENT_FAILURE: /),
    ]);
    await check('an entry');
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await button(page, 'Retry 1 entry').click();
    await page.getByText('1 dead again').waitFor();
    await check('what became of it');
    expect(faults).toEqual([]);
  });
});
