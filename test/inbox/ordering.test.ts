import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LatestTimes } from '@showpad-webhooks/core/ordering';
import { startPostgres } from '@showpad-webhooks/servers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isInstalled } from './engines.ts';

interface Pool {
  query(text: string): Promise<{ readonly rowCount: number | null }>;
  end(): Promise<void>;
}

// pg comes without types.
const { Pool } = createRequire(import.meta.url)('pg') as {
  Pool: new (options: { readonly connectionString: string }) => Pool;
};
const PAGE = readFileSync(new URL('../../docs/ordering.md', import.meta.url), 'utf8');

/** Imports the store that docs/ordering.md shows, so that the page is what is tested. */
async function createPostgresTimes(pool: Pool): Promise<LatestTimes> {
  const code = PAGE.split('```').find((fence) => fence.includes('export function createPostgresTimes')) ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'showpad-ordering-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'times.ts');
  writeFileSync(file, code.replace(/^ts\n/, ''));
  return (await import(file)).createPostgresTimes(pool);
}

describe.skipIf(!isInstalled('postgres'))(
  'the latest times in Postgres, as the documentation shows them',
  () => {
    test('are those of two processes together', async () => {
      const server = await startPostgres();
      onTestFinished(server.remove);
      const connectionString = `postgres://postgres@127.0.0.1:${server.port}/postgres`;
      const pools = [new Pool({ connectionString }), new Pool({ connectionString })] as const;
      onTestFinished(async () => {
        await Promise.all(pools.map((pool) => pool.end()));
      });
      const created = 'CREATE TABLE latest_times (key text PRIMARY KEY, time_ms bigint NOT NULL)';
      expect(PAGE).toContain(created);
      await pools[0].query(created);
      const [one, other] = [await createPostgresTimes(pools[0]), await createPostgresTimes(pools[1])];
      const run = async () => {};

      expect(await one.runUnlessOlder('space', 2_000, run)).toBe(true);
      expect(await other.runUnlessOlder('space', 1_999, run)).toBe(false);
      expect(await other.runUnlessOlder('space', 2_000, run)).toBe(true);
      expect(await other.runUnlessOlder('another', 1, run)).toBe(true);

      // A handler that fails leaves no time behind, so an earlier event still runs.
      const fail = () => Promise.reject(new Error('The CRM is down.'));
      await expect(one.runUnlessOlder('space', 9_000, fail)).rejects.toThrow('The CRM is down.');
      expect(await other.runUnlessOlder('space', 3_000, run)).toBe(true);

      // While a handler runs, one of another process waits.
      const order: string[] = [];
      let end = () => {};
      const earlier = one.runUnlessOlder('space', 4_000, async () => {
        order.push('earlier begins');
        await new Promise<void>((resolve) => {
          end = resolve;
        });
        order.push('earlier ends');
      });
      await expect.poll(() => order.length).toBe(1);
      const later = other.runUnlessOlder('space', 5_000, async () => void order.push('later'));
      await expect
        .poll(async () => (await pools[0].query('SELECT 1 FROM pg_locks WHERE NOT granted')).rowCount)
        .toBeGreaterThan(0);
      end();
      await Promise.all([earlier, later]);
      expect(order).toEqual(['earlier begins', 'earlier ends', 'later']);
    });
  },
);
