import { existsSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPackage } from '../src/inbox/load-package.ts';
import { openFolder, runCommand, valuesOf } from './command.ts';
import { KEY, startSqliteApp, TYPE } from './inbox-app.ts';
import { openEndpoint } from './open-endpoint.ts';
import { spawnCommand } from './process.ts';

const inbox = (store: string, ...args: readonly string[]) =>
  spawnCommand(['inbox', ...args, '--store', store]).finished;

interface Value {
  readonly id: string;
  readonly state: string;
  readonly outcome?: string;
  readonly payload?: string;
}

describe('while the app has the store open', () => {
  test('counts, list and show say what is dead and why, and the payload is shown only if it is asked for', async () => {
    const { store } = await startSqliteApp('one', 'two');
    const [counts, list, show, payload] = await Promise.all([
      inbox(store, 'counts', '--json'),
      inbox(store, 'list'),
      inbox(store, 'show', 'one'),
      inbox(store, 'show', 'one', '--payload'),
    ]);
    expect(valuesOf(counts)).toEqual([
      { pending: 0, leased: 0, done: 0, dead: 2, lagMs: expect.any(Number), problems: expect.any(Array) },
    ]);
    expect(list).toMatchObject({ exitCode: 0, stderr: '' });
    expect(list.stdout).toMatch(/dead {2}two {2}shared-space-user-added .*\n.*dead {2}one {2}shared-space/);
    expect(show.stdout).toMatch(
      /Reason +PERMANENT_FAILURE: The handler "crm" .* ECONNREFUSED \\u001b\[2Jcrm/,
    );
    expect(show.stdout).toMatch(/Handlers done +audit\n/);
    expect(show.stdout).not.toContain('specversion');
    expect(payload.stdout).toContain('"specversion"');
    expect(payload.exitCode).toBe(0);
  });

  test('retry lets the app handle what is dead, and tells what became of it', async () => {
    const app = await startSqliteApp('one', 'two', 'three');
    const again = await inbox(app.store, 'retry', 'one', '--yes', '--json');
    expect(valuesOf<Value>(again)).toMatchObject([{ id: 'one', state: 'dead', outcome: 'dead' }]);
    expect(again).toMatchObject({ exitCode: 1, stderr: '1 of 1 entry retried.\ndead again: 1\n' });
    const shown = valuesOf<{ attempts: unknown }>(await inbox(app.store, 'show', 'one', '--json'));
    expect(shown[0]?.attempts).toMatchObject([
      { attempt: 1, retries: 0, outcome: 'failed', handler: 'crm', code: 'PERMANENT_FAILURE' },
      { attempt: 1, retries: 1, outcome: 'failed', handler: 'crm', code: 'PERMANENT_FAILURE' },
    ]);
    const { stdout } = await inbox(app.store, 'show', 'one');
    const text = 'failed in crm at 20\\S+Z after \\d+ ms: PERMANENT_FAILURE: The handler "crm".*';
    expect(stdout).toMatch(new RegExp(`Attempt 1  ${text}\nAttempt 1, after a retry by hand  ${text}\n`));
    app.repair();
    const all = await inbox(app.store, 'retry', '--all', '--yes');
    expect(all).toMatchObject({ exitCode: 0, stdout: '', stderr: '3 of 3 entries retried.\ndone: 3\n' });
    expect([...app.handled].sort()).toEqual(['one', 'three', 'two']);
    const done = await inbox(app.store, 'retry', 'one', '--yes');
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toContain('not retried  one  Its body was deleted');
  });

  test('without a terminal nothing is changed unless --yes says so, and never with --dry-run', async () => {
    const app = await startSqliteApp('one');
    app.repair();
    const [unconfirmed, dry] = await Promise.all([
      inbox(app.store, 'retry', 'one'),
      inbox(app.store, 'discard', 'one', '--yes', '--dry-run', '--json'),
    ]);
    expect(unconfirmed.exitCode).toBe(2);
    expect(unconfirmed.stderr).toContain('Pass --yes');
    expect(dry).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Nothing was changed') });
    expect(valuesOf(dry)).toMatchObject([{ id: 'one', isChanged: false }]);
    expect(await app.inbox.counts()).toMatchObject({ dead: 1, done: 0 });
    expect((await inbox(app.store, 'discard', 'one', '--yes')).stdout).toBe(`deleted  one  ${TYPE}\n`);
    expect(await app.inbox.counts()).toMatchObject({ dead: 0 });
  });

  test('export writes recordings that replay signs and sends', async () => {
    const { store } = await startSqliteApp('one', 'two');
    const folder = join(openFolder(), 'exported');
    const exported = await inbox(store, 'export', '--all', '--to', folder);
    expect(exported.exitCode).toBe(0);
    const names = await readdir(folder);
    expect(names).toHaveLength(2);
    for (const name of names) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    const { url, received } = await openEndpoint();
    const replayed = await runCommand(['replay', folder, '--to', url, '--key', KEY]);
    expect(replayed).toMatchObject({ exitCode: 0, stderr: '2 of 2 were delivered.\n' });
    expect(received.map(({ body }) => JSON.parse(String(body)).id)).toEqual(['one', 'two']);
  });

  test('watch shows the counts until it is stopped', async () => {
    const { store, deliver } = await startSqliteApp('one');
    const running = spawnCommand(['inbox', 'watch', '--store', store, '--json', '--interval-seconds', '1']);
    expect(JSON.parse(await running.nextLine())).toMatchObject({ dead: 1, lagMs: 0 });
    await deliver('two');
    let dead = 1;
    while (dead < 2) ({ dead } = JSON.parse(await running.nextLine()) as { dead: number });
    running.kill('SIGINT');
    expect(await running.finished).toMatchObject({ exitCode: 0 });
  });
});

describe('filters', () => {
  test.each([
    [
      ['--handler', 'crm'],
      ['two', 'one'],
    ],
    [['--handler', 'audit'], []],
    [['--error', 'PERMANENT_FAILURE', '--limit', '1'], ['two']],
    [['--error', 'HANDLER_FAILED'], []],
    [
      ['--type', TYPE, '--since', '1h'],
      ['two', 'one'],
    ],
    [['--since', '2999-01-01'], []],
    [['--state', 'done'], []],
  ])('%j finds %j', async (flags, ids) => {
    const { store } = await startSqliteApp('one', 'two');
    const { exitCode, stdout } = await inbox(store, 'list', '--json', ...flags);
    expect(exitCode).toBe(0);
    expect(stdout === '' ? [] : valuesOf<Value>({ stdout }).map(({ id }) => id)).toEqual(ids);
  });

  test.each([
    [['retry', '--yes'], 'Which entries?'],
    [['retry', '--all', '--type', TYPE, '--yes'], '--all means every entry'],
    [['discard', 'one', '--type', TYPE, '--yes'], 'An id names one entry'],
    [['discard', '--all', '--state', 'pending', '--yes'], "argument 'pending' is invalid"],
    [['list', '--since', 'yesterday'], '--since is not a time'],
  ])('%j is refused, and nothing is changed', async (args, message) => {
    const { store, inbox: kept } = await startSqliteApp('one');
    const { exitCode, stderr } = await inbox(store, ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(await kept.counts()).toMatchObject({ dead: 1 });
  });
});

describe('a store that is not there is an error, and is not created', () => {
  test.each(['counts', 'list', 'watch'])('%s of a file', async (command) => {
    const file = join(openFolder(), 'typo.db');
    const { exitCode, stderr } = await inbox(`sqlite:${file}`, command);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`There is no file "${file}".`);
    expect(existsSync(file)).toBe(false);
  });

  test('a file without an inbox stays as it is', async () => {
    const file = join(openFolder(), 'empty.db');
    writeFileSync(file, '');
    const { exitCode, stderr } = await inbox(`sqlite:${file}`, 'counts');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('has no tables of @showpad-webhooks/sqlite');
    expect(statSync(file).size).toBe(0);
  });

  test('a name that the store does not have', async () => {
    const { store } = await startSqliteApp('one');
    const { exitCode, stderr } = await inbox(store, 'counts', '--name', 'crm');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('There is no inbox "crm" in this file. The file has: "default".');
  });

  test('an event that the inbox does not have', async () => {
    const { store } = await startSqliteApp('one');
    const { exitCode, stderr } = await inbox(store, 'show', '\u001b[2Jtwo');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The inbox has no entry of an event "\\u001b[2Jtwo".');
  });

  test.each(['showpad.db', 'mysql://user:a-password@host/db', 'redis://'])(
    '%s is no address',
    async (store) => {
      const { exitCode, stderr } = await inbox(store, 'counts');
      expect(exitCode).toBe(2);
      expect(stderr).toContain('--store is not the address of a store.');
      expect(stderr).not.toContain('a-password');
    },
  );

  test('a package that is not installed is named', async () => {
    const missing = loadPackage('@showpad-webhooks/no-such-store', openFolder());
    await expect(missing).rejects.toThrow('needs the package @showpad-webhooks/no-such-store, which is not');
  });
});
