import { expect, test } from 'vitest';
import { runSoak } from './src/run-soak.ts';
import { tableOf } from './src/table.ts';

test('a short soak breaks no promise', async () => {
  const report = await runSoak({
    engine: 'sqlite',
    durationMs: 8_000,
    perSecond: 40,
    disturbEveryMs: 600,
    measureEveryMs: 500,
    leaseMs: 3_000, // Also a busy machine keeps it.
    speed: 10,
    // It is too short to tell whether anything grows.
    limits: { rssMiB: 1_000, heapMiB: 1_000, descriptors: 1_000, p99Ms: 60_000 },
  });
  expect(report.broken).toEqual([]);
  const { sent, lives, steps } = report.record;
  expect(sent.acknowledged.size).toBeGreaterThan(0);
  expect(lives.map(({ end }) => end)).toEqual(expect.arrayContaining(['stopped', 'killed']));
  expect(steps).toBeGreaterThan(0);
  expect(tableOf([report])).toContain('| promises broken | 0 |');
});
