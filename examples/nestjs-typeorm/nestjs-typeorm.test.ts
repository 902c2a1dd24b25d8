import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findServer, startPostgres } from '@showpad-webhooks/servers';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';

const cwd = fileURLToPath(new URL('.', import.meta.url));

test.skipIf(findServer('postgres') === undefined)(
  'the one command adds one contact for a sample that comes twice and fails once, and ends cleanly',
  async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.remove());
    const url = `postgres://postgres@127.0.0.1:${postgres.port}/postgres`;
    const { SHOWPAD_SIGNATURE_KEY: _, ...own } = process.env;
    const app = spawn(
      process.execPath,
      ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'main.ts'],
      {
        cwd,
        env: { ...own, PORT: '0', DATABASE_URL: url, NO_COLOR: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void app.kill('SIGKILL'));
    const lines: string[] = [];
    const isEnd = (line: string) => /^Attempt|^A sample/.test(line);
    for await (const line of createInterface(app.stdout)) {
      if (!line.startsWith('[Nest]')) lines.push(line);
      if (lines.filter(isEnd).length === 3) app.kill('SIGTERM');
    }
    if (app.exitCode === null && app.signalCode === null) await once(app, 'exit');
    expect(lines).toContain('A sample delivery was answered 202 {"outcome":"queued"}');
    expect(lines).toContain('Attempt 2 added kent.cook@showpad.com to "Breakfast Service".');
    const pool = new pg.Pool({ connectionString: url });
    const { rows } = await pool.query('SELECT email, shared_space FROM contacts');
    await pool.end();
    expect(rows).toEqual([{ email: 'kent.cook@showpad.com', shared_space: 'Breakfast Service' }]);
  },
  60_000,
);
