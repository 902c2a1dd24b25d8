import { backfill } from '@showpad-webhooks/core/backfill';
import { expect, onTestFinished, test, vi } from 'vitest';
import { linesOf, run } from './crash.ts';
import { createTarget, openInbox } from './engines.ts';
import { entryOf } from './entry.ts';

const EVENTS = 20;

test('a backfill that was killed goes on where it was', async () => {
  const { target, remove } = await createTarget('sqlite');
  onTestFinished(remove);
  const inbox = openInbox(target, { keepDoneBodies: true });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  for (let number = 0; number < EVENTS; number++) await inbox.put(entryOf(number));
  await inbox.start({ process: async () => undefined, onDead() {}, onError() {} });
  await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: EVENTS }), 10_000);

  const lines: string[] = [];
  const killed = run('backfiller.ts', JSON.stringify(target));
  await linesOf(killed, (line) => {
    lines.push(line);
    if (lines.length === 5) killed.kill('SIGKILL');
  });
  expect(lines.length).toBeLessThan(EVENTS);
  const noted = (await inbox.list({ state: 'done' })).items.filter(({ done }) => done.includes('sync'));
  expect(noted.length, 'only the last one may not be noted').toBeGreaterThanOrEqual(lines.length - 1);

  const again: string[] = [];
  const report = await backfill(inbox, {
    type: 'crash' as never,
    name: 'sync',
    handler: ({ id }: { readonly id: string }) => void again.push(id),
    liveSinceMs: Date.now() + 60_000,
    ratePerSecond: 1_000,
  });
  const missed = EVENTS - noted.length;
  expect(report).toEqual({ missed, handled: missed, failed: 0, alreadyDone: noted.length, withoutBody: 0 });
  expect(new Set([...lines, ...again]).size).toBe(EVENTS);
  expect(await inbox.counts()).toMatchObject({ done: EVENTS });
});
