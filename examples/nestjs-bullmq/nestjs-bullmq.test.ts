import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findServer, startRedis } from '@showpad-webhooks/servers';
import { expect, onTestFinished, test } from 'vitest';

test.skipIf(!findServer('redis-server'))(
  'the one command stores a sample in Redis, handles it at the second attempt, shows the queue, and ends cleanly',
  async () => {
    const redis = await startRedis();
    onTestFinished(redis.remove);
    const { SHOWPAD_SIGNATURE_KEY: _, ...own } = process.env;
    const app = spawn(
      process.execPath,
      ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'main.ts'],
      {
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        env: { ...own, PORT: '0', REDIS_PORT: String(redis.port), NO_COLOR: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void app.kill('SIGKILL'));
    const lines: string[] = [];
    for await (const line of createInterface(app.stdout)) {
      if (!line.startsWith('[Nest]')) lines.push(line);
      if (!line.startsWith('CRM: added')) continue;
      const url = /the queue is at (\S+)/.exec(lines.join('\n'))?.[1]?.replace('[::1]', 'localhost');
      const page = await fetch(url ?? '');
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('<title>');
      app.kill('SIGTERM');
    }
    if (app.exitCode === null && app.signalCode === null) await once(app, 'exit');
    expect(lines).toContain('A sample delivery was answered 202 {"outcome":"queued"}');
    expect(lines.at(-1)).toBe('CRM: added kent.cook@showpad.com to "Breakfast Service", at attempt 2');
  },
  60_000,
);
