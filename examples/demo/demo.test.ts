import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { buildDashboard } from '../../packages/dashboard/test/build-dashboard.ts';
import { buildAdmin } from '../../packages/emulator/test/build-admin.ts';

test('everything runs together, and Ctrl-C ends it and leaves nothing', async () => {
  await Promise.all([buildDashboard(), buildAdmin()]);
  const temporary = mkdtempSync(join(tmpdir(), 'showpad-example-'));
  onTestFinished(() => rmSync(temporary, { recursive: true, force: true }));
  const demo = spawn(
    process.execPath,
    ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'demo.ts'],
    {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void demo.kill('SIGKILL'));
  const lines: string[] = [];
  const answers: (readonly [status: number, title: string | undefined])[] = [];
  const isDone = () =>
    lines.some((line) => line.endsWith('is dead. See the dashboard.')) &&
    lines.includes('Warehouse: counted a Shared Space') &&
    lines.includes('CRM: added kent.cook@showpad.com to "Breakfast Service"');
  for await (const line of createInterface(demo.stdout)) {
    lines.push(line);
    if (!isDone() || answers.length > 0) continue;
    for (const name of ['Its inbox, on a page', "Showpad's Admin page"]) {
      const [address = ''] = /http:\S+/.exec(lines.find((each) => each.startsWith(name)) ?? '') ?? [];
      const response = await fetch(address);
      answers.push([response.status, /<title>(.*)<\/title>/.exec(await response.text())?.[1]]);
    }
    demo.kill('SIGINT');
  }
  if (demo.exitCode === null) await once(demo, 'exit');
  expect(demo.exitCode).toBe(0);
  expect(answers).toEqual([
    [200, 'Webhook inbox'],
    [200, expect.stringContaining('emulator')],
  ]);
  expect(readdirSync(temporary).filter((name) => name.startsWith('showpad-'))).toEqual([]);
});
