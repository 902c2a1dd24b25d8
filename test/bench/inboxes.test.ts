import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { inboxResult } from './inbox-result.ts';
import {
  BODY_BYTES,
  type Candidate,
  type Engine,
  FLOOR,
  OURS,
  type RunningEngine,
} from './src/inboxes/candidate.ts';
import { measurePuts, startHandling } from './src/inboxes/measure.ts';
import { measureEngine } from './src/inboxes/measure-engine.ts';
import { postgres } from './src/inboxes/postgres.ts';
import { redis } from './src/inboxes/redis.ts';
import type { InboxRun } from './src/inboxes/results.ts';
import { sqlite } from './src/inboxes/sqlite.ts';
import { renderGoals, renderInboxRun } from './src/page/inbox-run.ts';
import { replaceRegion } from './src/page/region.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ENGINES = [sqlite, postgres, redis];
const NAMES: Readonly<Record<Engine['name'], readonly string[]>> = {
  SQLite: [OURS, FLOOR],
  Postgres: [OURS, FLOOR, 'pg-boss', 'graphile-worker', 'BullMQ'],
  Redis: [OURS, FLOOR, 'BullMQ'],
};

describe.each(ENGINES.filter((engine) => engine.isInstalled()))('$name', (engine) => {
  const { name } = engine;
  let running: RunningEngine;

  beforeAll(async () => {
    running = await engine.start();
  });
  afterAll(() => running.remove());

  async function open(candidateName: string): Promise<Candidate> {
    const candidate = await (running.candidates[candidateName] as () => Promise<Candidate>)();
    onTestFinished(() => candidate.close());
    return candidate;
  }

  it.each(NAMES[name])('%s stores every event once, and hands out each', async (candidateName) => {
    const candidate = await open(candidateName);
    const [before, after] = [randomUUIDs(30), randomUUIDs(10)];
    const duplicates = before.slice(0, 5);
    await Promise.all([...before, ...duplicates].map((id) => candidate.put(id)));
    const left = new Set<string>([...before, ...after]);
    const handled: string[] = [];
    let allHandled = () => {};
    const done = new Promise<void>((resolve) => {
      allHandled = resolve;
    });
    await candidate.handle((id) => {
      handled.push(id);
      left.delete(id);
      if (left.size === 0) allHandled();
    });
    await Promise.all(after.map((id) => candidate.put(id)));
    await done;
    expect(handled.toSorted()).toEqual([...before, ...after].toSorted());
  });

  it('has a floor that keeps at least as many bytes as the inbox', async () => {
    const [ours, floor] = [await open(OURS), await open(FLOOR)];
    for (const candidate of [ours, floor]) await measurePuts(candidate, 4, 20);
    const bytes = (await ours.bytesPerEvent?.()) ?? 0;
    expect(bytes).toBeGreaterThan(BODY_BYTES);
    expect(await floor.bytesPerEvent?.()).toBeGreaterThanOrEqual(bytes);
  });

  it('measures every candidate, and those that can also with events that were handled before', async () => {
    const pace = { rounds: 1, putMs: 20, events: 10, concurrencies: [1, 3], rows: 1_000 };
    const results = await measureEngine(engine, pace);
    const withRows = name === 'Redis' ? [] : [`${OURS}, 1,000 rows`, `${FLOOR}, 1,000 rows`];
    expect(results.map((result) => `${result.concurrency} ${result.candidate}`).toSorted()).toEqual(
      pace.concurrencies
        .flatMap((count) => [...NAMES[name], ...withRows].map((candidate) => `${count} ${candidate}`))
        .toSorted(),
    );
    for (const {
      engine: _,
      candidate: __,
      serverCpuMicrosPerPut,
      serverCpuMicrosPerHandled,
      ...numbers
    } of results) {
      const ofServer = [serverCpuMicrosPerPut, serverCpuMicrosPerHandled];
      expect(ofServer).toEqual(name === 'SQLite' ? [null, null] : [expect.any(Number), expect.any(Number)]);
      expect(Object.values(numbers).every((value) => Number(value) > 0)).toBe(true);
    }
  });

  it('measures the inbox of another checkout next to it', async () => {
    if (!existsSync(`${ROOT}packages/core/dist`)) throw new Error('Run "pnpm build" before this test.');
    const pace = { rounds: 1, putMs: 20, events: 10, concurrencies: [2], checkouts: [ROOT] };
    const results = await measureEngine(engine, pace);
    expect(results.map(({ candidate }) => candidate)).toEqual([OURS, basename(ROOT), FLOOR]);
    expect(
      results.every(({ putsPerSecond, handledPerSecond }) => putsPerSecond * Number(handledPerSecond) > 0),
    ).toBe(true);
  });

  it('says what to do if nothing was built in the other checkout', async () => {
    await expect(engine.start(['/nowhere'])).rejects.toThrow(
      /^There is no \/nowhere\/packages\/\w+\/dist\/index\.mjs\. Run "pnpm build" in that checkout\.$/,
    );
  });
});

const randomUUIDs = (count: number) => Array.from({ length: count }, () => randomUUID());

it('an event that is handled twice makes the measurement fail', async () => {
  let onHandled: (id: string) => void = () => {};
  const measure = await startHandling({
    async put(id) {
      onHandled(id);
      onHandled(id);
    },
    async handle(listener) {
      onHandled = listener;
    },
    async close() {},
  });
  await expect(measure(1, { most: 2, lengthMs: 60_000 })).rejects.toThrow(
    'An event was handled twice, or was never put',
  );
});

const run: InboxRun = {
  date: '2026-11-23',
  node: '20.20.2',
  cpus: 2,
  cpuModel: 'AMD EPYC',
  bodyBytes: 1_024,
  results: [
    inboxResult(OURS, 1, 0.95),
    inboxResult(FLOOR, 1, 1),
    inboxResult(OURS, 8, 0.84),
    inboxResult(FLOOR, 8, 1),
  ],
};

describe('the page', () => {
  it('says whether the puts reach their goal, and shows every number', () => {
    expect(renderGoals(run)).toMatch(/\| Postgres +\| 0\.95, met +\| 0\.84, \*\*missed\*\* +\|/);
    const page = renderInboxRun(run);
    expect(page).toContain('Measured on 2026-11-23, with bodies of 1,024 bytes, 2 cores of AMD EPYC');
    expect(page).toMatch(
      /\| 8 +\| showpad-webhooks +\| 8,400 +\| 0\.84 +\| 1\.50 +\| 6\.00 +\| 27\.0 +\| 30\.0 +\|/,
    );
  });

  it('shows the difference to the last recorded run, and marks more than 10 % worse', () => {
    const results = [inboxResult(OURS, 1, 0.94), inboxResult(OURS, 8, 0.95)];
    const page = renderInboxRun(run, { ...run, date: '2026-11-01', results });
    expect(page).toContain('since 2026-11-01');
    expect(page).toMatch(/\| 1 +\| showpad-webhooks .*\| \+1 % +\|/);
    expect(page).toMatch(/\| 8 +\| showpad-webhooks .*\| \*\*-12 %\*\* +\|/);
  });

  it.each(['inbox goals', 'inboxes'])('has a region "%s"', (region) => {
    const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
    expect(replaceRegion(page, region, 'new numbers')).toContain('new numbers');
  });
});
