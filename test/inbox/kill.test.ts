import { describe, expect, onTestFinished, test } from 'vitest';
import { killWorkers, killWriters } from './crash.ts';
import { createTarget, ENGINES, isInstalled } from './engines.ts';

describe.each(ENGINES)('processes that are killed, on %s', (engine) => {
  test.skipIf(!isInstalled(engine))(
    'lose nothing that was acknowledged, and leave nothing unhandled',
    async () => {
      const { target, remove } = await createTarget(engine);
      onTestFinished(remove);
      const { acknowledged, stored, lost, broken } = await killWriters(target, 3);
      expect({ lost, broken }).toEqual({ lost: [], broken: [] });
      expect(acknowledged).toBeGreaterThan(0);
      const { begun, counts } = await killWorkers(target, 3);
      expect(counts).toMatchObject({ pending: 0, leased: 0, dead: 0 });
      // A server may still store what a process had sent before it was killed.
      expect(counts.done).toBeGreaterThanOrEqual(stored);
      expect(begun).toBeGreaterThanOrEqual(counts.done);
    },
    120_000,
  );
});
