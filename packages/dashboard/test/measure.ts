// Measures the page with many entries in SQLite: pnpm --dir packages/dashboard measure [--entries 1000000]
// It needs about 1 kB of disk for each entry, in the folder for temporary files.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { Inbox } from '@showpad-webhooks/core';
import { readStatus } from '@showpad-webhooks/core/operations';
import { createDashboard } from '@showpad-webhooks/dashboard';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { launch } from '@showpad-webhooks/ui/testing/browser.ts';
import type { Page } from 'playwright-core';
import { buildDashboard } from './build-dashboard.ts';

const { values } = parseArgs({ options: { entries: { type: 'string', default: '1000000' } } });
const COUNT = Number(values.entries);
const BATCH = 2_000;
/** One entry in so many has the type that is rare. The last one to be found is the oldest. */
const RARE = 100_000;
const ROUNDS = 3;

const folder = mkdtempSync(join(tmpdir(), 'showpad-dashboard-'));
const inbox = createSqliteInbox({ file: join(folder, 'showpad.db') });
await fill(inbox, COUNT);
await buildDashboard();
const dashboard = createDashboard({ inbox, authorize: 'anyone' });
const server = createServer((req, res) => dashboard(req, res));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const browser = await launch();
globalThis.gc?.();
const rssBefore = process.memoryUsage.rss();
const delay = monitorEventLoopDelay({ resolution: 1 });

console.log(
  `${COUNT.toLocaleString('en')} dead entries in SQLite, median of ${ROUNDS}, Node ${process.version}`,
);
const opened: Record<string, number>[] = [];
for (let round = 0; round < ROUNDS; round++) opened.push(await openPage());
for (const name of Object.keys(opened[0] ?? {}))
  report(
    name,
    opened.map((each) => each[name] ?? Number.NaN),
  );
const cpuBefore = process.cpuUsage();
await readStatus(inbox);
report('CPU time of the server to count the inbox, in ms', [cpuMs(cpuBefore)]);
console.log(`memory of the server: ${mb(process.memoryUsage.rss() - rssBefore)} more than before`);
await browser.close();
dashboard.close();
server.close();
await inbox.close();
rmSync(folder, { recursive: true });

async function fill(into: Inbox, count: number): Promise<void> {
  const body = Buffer.from(JSON.stringify({ text: 'x'.repeat(400) }));
  for (let from = 0; from < count; from += BATCH) {
    const indexes = Array.from({ length: Math.min(BATCH, count - from) }, (_, offset) => from + offset);
    await Promise.all(
      indexes.map((index) =>
        into.put({
          id: `event-${index}`,
          type: index % RARE === 0 ? 'a-rare-type' : 'shared-space-user-added',
          body,
          bodyDigest: index,
          method: 'POST',
          url: '/webhooks/showpad',
          headers: { 'content-type': 'application/json' },
          timestampSeconds: Math.floor(Date.now() / 1_000),
          keyLabel: undefined,
          receivedAtMs: Date.now(),
          error: {
            code: 'HANDLER_FAILED',
            message: 'The handler "crm" for "shared-space-user-added" threw an error. The CRM answered 503.',
          },
        }),
      ),
    );
    if (from % 100_000 === 0) process.stderr.write(`${from} stored\r`);
  }
}

async function openPage(): Promise<Record<string, number>> {
  const page = await browser.newPage();
  delay.reset();
  delay.enable();
  const startMs = performance.now();
  await page.goto(url);
  await page.getByRole('row').nth(50).waitFor();
  const rowsMs = performance.now() - startMs;
  const paintMs = (await page.evaluate(
    "performance.getEntriesByName('first-contentful-paint')[0].startTime",
  )) as number;
  const openDelayMs = delay.max / 1e6;
  const commonMs = await timeFilter(page, 'user-added', /^The latest \d+ found/);
  delay.reset();
  const cpu = process.cpuUsage();
  const rareMs = await timeFilter(page, 'a-rare', /^\d+ entr(y|ies) found$/);
  const searchCpuMs = cpuMs(cpu);
  const searchDelayMs = delay.max / 1e6;
  delay.disable();
  const heap = (await page.evaluate('performance.memory.usedJSHeapSize')) as number;
  await page.close();
  return {
    'first contentful paint, in ms': paintMs,
    'until 50 rows are shown, in ms': rowsMs,
    'a filter that matches nearly all, in ms': commonMs,
    'a filter that matches 1 in 100,000, in ms': rareMs,
    'CPU time of the server for that search, in ms': searchCpuMs,
    'longest pause of the server while the page opens, in ms': openDelayMs,
    'longest pause of the server while it searches, in ms': searchDelayMs,
    'JavaScript heap of the page, in MB': heap / 1e6,
  };
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}

async function timeFilter(page: Page, text: string, found: RegExp): Promise<number> {
  const startMs = performance.now();
  await page.getByLabel('Type').fill(text);
  await page.getByText(found).waitFor({ timeout: 300_000 });
  return performance.now() - startMs;
}

function report(name: string, measured: readonly number[]): void {
  const median =
    measured.toSorted((one, other) => one - other)[Math.floor(measured.length / 2)] ?? Number.NaN;
  console.log(`${name}: ${median < 100 ? median.toFixed(1) : Math.round(median).toLocaleString('en')}`);
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
