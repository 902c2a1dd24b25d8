import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/koa/testing';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { openStage, type Stage } from './stage.ts';

const { data } = sampleEvent('shared-space-user-added');
const time = '2026-11-24T09:00:00.000Z';

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'analytics.db');
}

async function open(file: string, lines: string[] = []): Promise<Stage> {
  const stage = await openStage(file, (line) => lines.push(line));
  onTestFinished(() => stage.close());
  return stage;
}

function joined(userId: string) {
  return { time, data: { ...data, invitee: { ...data.invitee, userId } } };
}

test('counts by type, by day and by Shared Space', async () => {
  const { send, stats } = await open(temporaryFile());
  await send('shared-space-user-added', joined('kent'));
  await send('shared-space-user-added', joined('kent'));
  await send('shared-space-user-added', { ...joined('francis'), time: '2026-11-25T09:00:00.000Z' });
  await send('asset-viewed', { time, data: { assetId: 'of a type without documentation' } });
  expect(await stats()).toEqual({
    byType: [
      { type: 'shared-space-user-added', events: 3, lastAt: '2026-11-25T09:00:00.000Z' },
      { type: 'asset-viewed', events: 1, lastAt: time },
    ],
    byDay: [
      { day: '2026-11-25', type: 'shared-space-user-added', events: 1 },
      { day: '2026-11-24', type: 'asset-viewed', events: 1 },
      { day: '2026-11-24', type: 'shared-space-user-added', events: 2 },
    ],
    mostJoined: [{ sharedSpaceId: data.sharedSpace.id, name: 'Breakfast Service', users: 2 }],
  });
});

test('counts an event once, although two instances receive it, and receive it again after a restart', async () => {
  const file = temporaryFile();
  const before = await open(file);
  expect(await before.send('COURSE_COMPLETED', { id: 'one', time })).toEqual([200, 200]);
  await before.close();
  const after = await open(file);
  expect(await after.send('COURSE_COMPLETED', { id: 'one', time })).toEqual([200, 200]);
  expect((await after.stats()).byType).toEqual([{ type: 'COURSE_COMPLETED', events: 1, lastAt: time }]);
});

test('counts events without a date on the day of their arrival, whatever their fields are', async () => {
  const { send, stats } = await open(temporaryFile());
  const today = () => new Date().toISOString().slice(0, 10);
  const days = [today()];
  const odd = { time: '2022-15-30T06:45:00.250Z', data: { sharedSpace: { id: { of: 'another shape' } } } };
  expect(await send('shared-space-created', odd)).toEqual([200, 200]);
  days.push(today()); // It may be past midnight now.
  const { byDay, mostJoined } = await stats();
  expect(byDay).toEqual([{ day: expect.any(String), type: 'shared-space-created', events: 1 }]);
  expect(days).toContain(byDay[0]?.day);
  expect(mostJoined).toEqual([]);
});

test('answers 500 while counts cannot be written, writes no half of them, and counts the retry', async () => {
  const file = temporaryFile();
  const lines: string[] = [];
  const { send, stats, showpad } = await open(file, lines);
  const other = new Database(file);
  onTestFinished(() => void other.close());
  const block =
    "CREATE TRIGGER full BEFORE INSERT ON daily_counts BEGIN SELECT raise(ABORT, 'disk full'); END";
  other.exec(block);
  expect(await send('COURSE_COMPLETED', { id: 'one', time })).toEqual([500, 500]);
  expect(lines).toContainEqual(expect.stringContaining('disk full'));
  expect(other.prepare('SELECT count(*) AS events FROM events').all()).toEqual([{ events: 0 }]);
  other.exec('DROP TRIGGER full');
  const [failed] = await showpad.attempts();
  await showpad.replay(failed?.id ?? '');
  expect((await showpad.waitForDelivery()).response?.status).toBe(200);
  expect((await stats()).byType).toMatchObject([{ type: 'COURSE_COMPLETED', events: 1 }]);
});

/** Runs `pnpm start`, without the key that this process may have. */
function start(own: Record<string, string> = {}) {
  const { SHOWPAD_SIGNATURE_KEY: _, ...env } = process.env;
  return spawn(process.execPath, ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'server.ts'], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...env, ...own },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

test('the one command shows what it counts, and ends', async () => {
  const demo = start();
  const [output, [code]] = await Promise.all([text(demo.stdout), once(demo, 'exit')]);
  expect(output).toContain('Two instances received 12 deliveries of 6 events');
  expect(output).toMatch(/type: 'shared-space-user-added',\s+events: 3,/);
  expect(output).toMatch(/name: 'Breakfast Service',\s+users: 2/);
  expect(code).toBe(0);
});

test('with a key it serves, and ends cleanly', async () => {
  const key = 'a-key';
  const server = start({ SHOWPAD_SIGNATURE_KEY: key, ANALYTICS_FILE: temporaryFile(), PORT: '0' });
  onTestFinished(() => void server.kill('SIGKILL'));
  const exited = once(server, 'exit');
  for await (const line of createInterface(server.stdout)) {
    const url = /^Receiving at (\S+), /.exec(line)?.[1];
    if (url === undefined) continue;
    const { method, headers, body } = signedDelivery('COURSE_COMPLETED', { key });
    expect((await fetch(url, { method, headers, body: new Uint8Array(body) })).status).toBe(200);
    const stats = await fetch(new URL('/stats', url));
    expect(await stats.json()).toMatchObject({ byType: [{ type: 'COURSE_COMPLETED', events: 1 }] });
    server.kill('SIGTERM');
  }
  expect(await exited).toEqual([0, null]);
});
