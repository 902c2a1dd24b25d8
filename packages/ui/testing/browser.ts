import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM ?? EXECUTABLES.find((path) => existsSync(path));

/** Whether the browser tests can run. On CI they must. */
export const hasBrowser: boolean = executablePath !== undefined;
if (!hasBrowser) {
  const message = 'The browser tests of the pages need Chromium (apt-get install chromium).';
  if (process.env.CI) throw new Error(message);
  console.log(`${message} They are skipped.`);
}

/** On a busy machine a browser starts slowly, and a click waits for its target. */
export const BROWSER_TIMEOUT_MS = 60_000;

export async function launch(): Promise<Browser> {
  return chromium.launch({
    ...(executablePath && { executablePath }),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Fails the test if the page logs an error or a warning. */
export function expectNoComplaints(page: Page, provokes?: RegExp): void {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isComplaint = message.type() === 'error' || message.type() === 'warning';
    if (isComplaint && !provokes?.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  onTestFinished(() => expect(complaints).toEqual([]));
}
