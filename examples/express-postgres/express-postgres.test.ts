import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findServer, startPostgres } from '@showpad-webhooks/servers';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';

const cwd = fileURLToPath(new URL('.', import.meta.url));

test.skipIf(findServer('postgres') === undefined)(
  'the one command adds one contact for a sample that comes twice, and ends cleanly',
  async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.remove());
    const url = `postgres://postgres@127.0.0.1:${postgres.port}/postgres`;
    const { SHOWPAD_SIGNATURE_KEY: _, ...own } = process.env;
    const server = spawn(
      process.execPath,
      ['--conditions=@showpad-webhooks/source', '--import', 'tsx', 'server.ts'],
      { cwd, env: { ...own, PORT: '0', DATABASE_URL: url }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void server.kill('SIGKILL'));
    const lines: string[] = [];
    const isEnd = (line: string) => /^(attempt|Contacts)/.test(line);
    for await (const line of createInterface(server.stdout)) {
      lines.push(line);
      if (lines.filter(isEnd).length === 2) server.kill('SIGTERM');
    }
    if (server.exitCode === null) await once(server, 'exit');
    expect(server.exitCode).toBe(0);
    expect(lines.filter((line) => line.startsWith('A sample'))).toEqual([
      'A sample delivery was answered 202 {"outcome":"queued"}',
      expect.stringMatching(/^A sample delivery was answered 20[02] \{"outcome":"(duplicate|queued)"\}$/),
    ]);
    expect(lines).toContain('attempt 1 added kent.cook@showpad.com to "Breakfast Service"');
    const pool = new pg.Pool({ connectionString: url });
    const { rows } = await pool.query('SELECT email, shared_space FROM contacts');
    await pool.end();
    expect(rows).toEqual([{ email: 'kent.cook@showpad.com', shared_space: 'Breakfast Service' }]);
  },
  60_000,
);
