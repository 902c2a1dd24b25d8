import { describe, expect, test } from 'vitest';
import { killWorkers } from './kill-workers.ts';
import { isInstalled, startServer } from './support.ts';

describe.skipIf(!isInstalled)('a process that is killed at any moment', () => {
  test('leaves each effect in Postgres exactly once', async () => {
    const { acknowledged, rows, wrong } = await killWorkers(await startServer(), 8);
    expect(wrong).toEqual([]);
    expect(rows).toBe(2 * acknowledged);
  }, 180_000);
});
