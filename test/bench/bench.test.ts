import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inboxResult } from './inbox-result.ts';
import { eventBody, SIZES } from './src/bodies.ts';
import { requestsFor } from './src/groups/http.ts';
import { exchange, open } from './src/http/load.ts';
import { SERVERS, type Variant } from './src/http/servers.ts';
import { FLOOR, OURS } from './src/inboxes/candidate.ts';
import type { InboxRun } from './src/inboxes/results.ts';
import type { Case } from './src/measure.ts';
import { replaceRegion } from './src/page/region.ts';
import { renderRun } from './src/page/run.ts';
import { renderSummary } from './src/page/summary.ts';
import { PEERS } from './src/peers.ts';
import { deliveries, type Incoming, octokitPipeline, ourPipeline, tampered } from './src/receivers.ts';
import type { Run } from './src/results.ts';
import { judge } from './src/targets.ts';

// These tests look at what each candidate does and not at time: one that fails would look fast.
const call = async ({ run, inputs }: Omit<Case, 'name'>) => run(inputs?.(1)[0]);

describe.each(PEERS)('$name', ({ prepare }) => {
  it.each(SIZES)('reads a body of %i bytes', async (bytes) => {
    const body = eventBody(bytes);
    expect(body).toHaveLength(bytes);
    expect(await call(prepare(body))).toMatchObject(JSON.parse(body.toString()));
  });
});

it.each(PEERS.filter(({ verifies }) => verifies))(
  '$name rejects a body that was changed',
  async ({ prepare }) => {
    const body = eventBody(1_024);
    await expect(call(prepare(body, tampered(body)))).rejects.toThrow(/signature/i);
  },
);

describe('pipelines', () => {
  it.each([false, true])('accept or reject as their names say (forged: %s)', async (isForged) => {
    await call(ourPipeline({ bytes: 1_024, isForged }) as Case);
    await call(octokitPipeline(1_024, isForged) as Case);
  });

  it('fail if a delivery is not handled', async () => {
    const [{ headers, body }] = deliveries(1, 1_024) as [Incoming];
    const { run: receive } = ourPipeline({ bytes: 1_024 });
    await expect(receive({ headers, body: tampered(body) })).rejects.toThrow(
      'The outcome is "rejected" instead of "handled".',
    );
  });
});

const servers = Object.entries(SERVERS).flatMap(([framework, variants]) =>
  Object.entries(variants).map(([variant, start]) => ({ framework, variant: variant as Variant, start })),
);
describe.each(servers)('$framework, $variant', ({ variant, start }) => {
  it('takes a delivery and, if it verifies, answers 4xx to one that was changed', async () => {
    const { port, settled, close } = await start();
    onTestFinished(close);
    const socket = await open(port);
    onTestFinished(() => void socket.destroy());
    const [genuine, other] = requestsFor(variant, 2) as [Buffer, Buffer];
    const response = await exchange(socket, genuine);
    // An ignored delivery would be answered with 200 too.
    expect(response).toMatch(
      settled ? /^HTTP\/1\.1 202 .*"queued"/s : /^HTTP\/1\.1 200 .*("handled"|\bok\b)/s,
    );
    await settled?.();
    const expected = variant === 'no verification' ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 4\d\d /;
    expect(await exchange(socket, tampered(other))).toMatch(expected);
  });
});

const run: Run = {
  command: 'pnpm bench --json FILE',
  date: '2026-11-23',
  machine: '2 cores',
  node: '20.20.2',
  versions: { stripe: '23.1.0' },
  results: [
    { table: 'Verify and parse', row: 'the limit', column: '1 kB', value: 1, unit: '×' },
    { table: 'Verify and parse', row: 'the limit', column: '1 kB', value: 5_330, unit: 'ns' },
    { table: 'Verify and parse', row: '@showpad-webhooks/core', column: '1 kB', value: 1.2, unit: '×' },
    { table: 'Verify and parse', row: '@showpad-webhooks/core', column: '1 kB', value: 6_400, unit: 'ns' },
    { table: 'Verify and parse', row: 'stripe', column: '1 kB', value: 1.8, unit: '×' },
    {
      table: 'Express with an inbox: throughput',
      row: 'no inbox',
      column: '16 connections',
      value: 5_493,
      unit: 'req/s',
    },
    {
      table: 'Express with an inbox: throughput',
      row: 'SQLite inbox',
      column: '16 connections',
      value: 0.91,
      unit: '×',
    },
    {
      table: 'Express with an inbox: throughput',
      row: 'SQLite inbox',
      column: '16 connections',
      value: 5_010,
      unit: 'req/s',
    },
    {
      table: 'Import and size',
      row: '@showpad-webhooks/core',
      column: 'size',
      value: 10.9,
      unit: 'kB gzip',
    },
    { table: 'Import and size', row: 'stripe', column: 'size', value: 32.1, unit: 'kB gzip' },
    { table: 'Import and size', row: 'svix', column: 'size', value: 18.9, unit: 'kB gzip' },
  ],
};

const inboxes: InboxRun = {
  date: '2026-11-24',
  node: '20.20.2',
  cpus: 2,
  cpuModel: 'AMD EPYC',
  bodyBytes: 1_024,
  results: [inboxResult(OURS, 32, 0.95), inboxResult(FLOOR, 32, 1)],
};

describe('targets', () => {
  const verdicts = judge(run.results);
  const measured = verdicts.filter((verdict) => verdict.measured !== undefined);

  it('are compared to a number of the run, or to its ratio to another row', () => {
    expect(measured.map(({ target, measured, isMet }) => [target.what, measured, isMet])).toEqual([
      ['verify and parse, compared to the limit', 1.2, true],
      ['stripe, compared to core', 1.8 / 1.2, true],
      ['Express with the SQLite inbox, throughput compared to no inbox', 0.91, true],
      ['size of core in kB', 10.9, true],
    ]);
    const slower = run.results.map((result) => ({ ...result, value: result.value * 1.1 }));
    const isMet = (row: string) => judge(slower).find(({ target }) => target.row === row)?.isMet;
    expect(isMet('@showpad-webhooks/core')).toBe(false);
  });

  it('are not met if they were not measured', () => {
    expect(verdicts.filter(({ measured, isMet }) => measured === undefined && isMet)).toEqual([]);
  });
});

describe('the page', () => {
  const path = new URL('../../docs/performance.md', import.meta.url);

  it('shows the machine, the versions, the command and every number', () => {
    const tables = renderRun(run);
    expect(tables).toContain('`pnpm bench --json FILE` on 2026-11-23, with 2 cores and Node 20.20.2.');
    expect(tables).toContain('stripe 23.1.0');
    expect(tables).toMatch(/\| the limit +\| 1\.00 ×, 5\.33 µs \|/);
    expect(tables).toMatch(/\| stripe +\| 1\.80 × +\|/);
  });

  it('show how much a row grew since the last recorded run, and mark more than 10 %', () => {
    const earlier = {
      ...run,
      date: '2026-11-01',
      results: run.results.map((result) => ({
        ...result,
        value: result.value / (result.row === 'svix' ? 1.2 : 1.05),
      })),
    };
    const tables = renderRun(run, earlier);
    expect(tables).toMatch(/\| growth since 2026-11-01 +\|/);
    expect(tables).toMatch(/\| stripe +\| 32\.1 kB gzip +\| \+5 % +\|/);
    expect(tables).toMatch(/\| svix +\| 18\.9 kB gzip +\| \*\*\+20 %\*\* \(size\) +\|/);
    expect(tables).toMatch(/\| SQLite inbox +\| 0\.91 ×, 5,010 req\/s +\| -5 % +\|/); // More of a throughput is no growth.
  });

  it('begins with the three numbers that people look for, each with its command', () => {
    const rows = renderSummary(run, inboxes)
      .split('\n')
      .map((line) => line.split('|').slice(1, -1))
      .map((cells) => cells.map((cell) => cell.trim()));
    expect(rows.slice(2)).toEqual([
      [
        'verify and parse a delivery of 1 kB',
        '6.40 µs',
        '1.20 × the HMAC and `JSON.parse` alone (5.33 µs)',
        '`pnpm bench --only verify`',
      ],
      [
        'Express with the SQLite inbox, 16 connections',
        '5,010 req/s',
        '0.91 × the same app without an inbox (5,493 req/s)',
        '`pnpm bench --only inbox`',
      ],
      [
        'events stored durably in Postgres, 32 at once',
        '9,500/s',
        '0.95 × the same by hand (10,000/s)',
        '`pnpm --dir test/bench inboxes --only postgres`',
      ],
      [],
      [],
    ]);
    expect(renderSummary(run, inboxes)).toContain(
      'Measured on 2026-11-23, the last one on 2026-11-24, with 2 cores and Node 20.20.2.',
    );
  });

  it('needs runs that measured all three', () => {
    const results = run.results.filter(({ table }) => table !== 'Express with an inbox: throughput');
    expect(() => renderSummary({ ...run, results }, inboxes)).toThrow(
      'The run has no result in req/s for "SQLite inbox", "16 connections" in the table "Express with an inbox: throughput".',
    );
    expect(() => renderSummary(run, { ...inboxes, results: [] })).toThrow(
      'The run of the inboxes has no result for "showpad-webhooks" on Postgres with 32 at once.',
    );
  });

  it.each(['summary', 'tables'])('takes a new text into its region "%s", and keeps the rest', (region) => {
    const page = readFileSync(path, 'utf8');
    const once = replaceRegion(page, region, 'new numbers');
    expect(once).toContain('new numbers');
    expect(once.split('\n')[0]).toBe(page.split('\n')[0]);
    expect(once).toContain('## How it is measured');
    expect(replaceRegion(once, region, 'newer numbers')).toBe(once.replace('new numbers', 'newer numbers'));
    expect(() => replaceRegion('no markers', region, '')).toThrow('The page needs');
  });
});
