import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createPostgresInbox } from '@showpad-webhooks/postgres';
import { findServer, startPostgres } from '@showpad-webhooks/servers';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf } from './entry.ts';
import { isInstalled, newName, poolOf } from './support.ts';

async function open(settings: Readonly<Record<string, string>> = {}) {
  const server = await startPostgres(settings);
  onTestFinished(() => server.remove());
  const pool = poolOf(server);
  const schema = newName();
  const inbox = createPostgresInbox({ pool, pollMs: 20, leaseMs: 1_000, schema });
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  return { server, inbox, schema };
}

describe.skipIf(!isInstalled)('a Postgres', () => {
  test.each(['synchronous_commit', 'fsync', 'full_page_writes'])(
    'with %s off is reported',
    async (setting) => {
      const { inbox } = await open({ [setting]: 'off' });
      const { problems, isWritable } = await inbox.health();
      expect(isWritable).toBe(true);
      expect(problems).toEqual([expect.stringContaining(`Postgres has ${setting} off`)]);
    },
    30_000,
  );

  test('with a replica that it does not wait for is reported', async () => {
    const { server, inbox } = await open();
    expect((await inbox.health()).problems).toEqual([]);
    const folder = mkdtempSync(join(tmpdir(), 'showpad-wal-'));
    const program = join(dirname(`${findServer('postgres')}`), 'pg_receivewal');
    const args = ['-D', folder, '-h', '127.0.0.1', '-p', String(server.port), '-U', 'postgres', '--no-loop'];
    const replica = spawn(program, args, { stdio: 'ignore' });
    onTestFinished(() => {
      replica.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    });
    await vi.waitFor(async () =>
      expect((await inbox.health()).problems).toEqual([expect.stringContaining('waits for none of them')]),
    );
  });

  test('that is read-only is not writable', async () => {
    const { server, inbox, schema } = await open();
    await inbox.put(entryOf('a'));
    const options = '-c default_transaction_read_only=on';
    const readOnly = createPostgresInbox({ pool: poolOf(server, { options }), schema });
    onTestFinished(() => readOnly.close({ timeoutMs: 0 }));
    const { isReachable, isWritable, problems } = await readOnly.health();
    expect([isReachable, isWritable]).toEqual([true, false]);
    expect(problems).toEqual([expect.stringContaining('Postgres is read-only')]);
  });

  test('that is killed loses nothing that was acknowledged, and the process goes on', async () => {
    const { server, inbox } = await open();
    const handled: string[] = [];
    await inbox.start({
      async process({ id }) {
        handled.push(id);
        return undefined;
      },
      onDead() {},
      onError() {},
    });
    await inbox.put(entryOf('before'));
    await server.kill();
    await expect((async () => inbox.put(entryOf('while it is down')))()).rejects.toThrow();
    expect(await inbox.health()).toMatchObject({ isReachable: false });
    await server.start();
    await vi.waitFor(async () => expect(await inbox.put(entryOf('after'))).toBe('stored'));
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 2, dead: 0 }));
    expect(new Set(handled)).toEqual(new Set(['before', 'after']));
    expect(await inbox.health()).toMatchObject({ isWritable: true, problems: [] });
  });
});
