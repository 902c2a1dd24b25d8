import { describe, expect, onTestFinished, test } from 'vitest';
import { killWhileFull, killWorkers, killWriters, stepWhileHandling } from './crash.ts';
import { createSmallTarget, createTarget, ENGINES, isInstalled } from './engines.ts';

describe.each(ENGINES)('processes that are killed, and whose clocks step, on %s', (engine) => {
  test.skipIf(!isInstalled(engine))(
    'lose nothing that was acknowledged, and leave nothing unhandled',
    async () => {
      const { target, remove } = await createTarget(engine);
      onTestFinished(remove);
      const { acknowledged, stored, lost, broken } = await killWriters(target, 2);
      expect({ lost, broken }).toEqual({ lost: [], broken: [] });
      expect(acknowledged).toBeGreaterThan(0);
      const { begun, overlapping, counts } = await killWorkers(target, 2);
      expect(overlapping).toEqual([]);
      expect(counts).toMatchObject({ pending: 0, leased: 0, dead: 0 });
      // A server may still store what a process had sent before it was killed.
      expect(counts.done).toBeGreaterThanOrEqual(stored);
      expect(begun).toBeGreaterThanOrEqual(counts.done);
      const slow = await stepWhileHandling(target, 5);
      expect(slow.overlapping).toEqual([]);
      expect(slow.counts).toMatchObject({ pending: 0, leased: 0, dead: 0 });
    },
    120_000,
  );

  test.skipIf(!isInstalled(engine))(
    'do so too while the store is full',
    async () => {
      const { target, remove } = await createSmallTarget(engine);
      onTestFinished(remove);
      const report = await killWhileFull(target, 2);
      expect(report.lost).toEqual([]);
      expect(report.overlapping).toEqual([]);
      expect(report.refused).toBeGreaterThan(0);
      expect(report.counts).toMatchObject({ pending: 0, leased: 0, dead: 0 });
      expect(report.counts.done).toBeGreaterThanOrEqual(report.acknowledged);
    },
    300_000,
  );
});
