import { createPostgresInbox, createPostgresLedger, migrationSql } from '@showpad-webhooks/postgres';
import type { Server } from '@showpad-webhooks/servers';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf } from './entry.ts';
import { isInstalled, newName, poolOf, startServer } from './support.ts';

let server: Server;

test.each(['', 'a\0b', 'a'.repeat(64)])('the schema %j is refused at once', (schema) => {
  expect(() => migrationSql({ schema })).toThrow(TypeError);
});

test.each([-1, 0.5, 99])('there is no way from version %d', (fromVersion) => {
  expect(() => migrationSql({ fromVersion })).toThrow(TypeError);
});

test('something else than a pool is refused at once', () => {
  expect(() => createPostgresInbox({ pool: {} as never })).toThrow(/must be a pool of the package "pg"/);
});

describe.skipIf(!isInstalled)('the tables', () => {
  beforeAll(async () => {
    server = await startServer();
  });

  test('are made once if ten apps start at once', async () => {
    const schema = `it's "ours" ${newName()}`;
    const inboxes = Array.from({ length: 10 }, () => createPostgresInbox({ pool: poolOf(server), schema }));
    onTestFinished(async () => void (await Promise.all(inboxes.map((inbox) => inbox.close()))));
    const results = await Promise.all(inboxes.map(async (inbox) => inbox.put(entryOf('a'))));
    expect(results.filter((result) => result === 'stored')).toHaveLength(1);
    expect(await inboxes[0]?.counts()).toEqual({ pending: 1, leased: 0, done: 0, dead: 0 });
  });

  test('can be made by a team itself, and need few privileges after that', async () => {
    const owner = poolOf(server);
    const [schema, role] = [newName(), newName()];
    await owner.query(`CREATE ROLE "${role}" LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC`);
    const pool = poolOf(server, { user: role, database: 'postgres' });
    const inbox = createPostgresInbox({ pool, schema, pollMs: 10 });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    await expect((async () => inbox.put(entryOf('a')))()).rejects.toThrow(/may not create the tables/);
    const unmigrated = createPostgresInbox({ pool: owner, schema, migrate: false });
    await expect((async () => unmigrated.put(entryOf('a')))()).rejects.toThrow(
      /^There are no tables of .*"migrate" is false/,
    );

    await owner.query(migrationSql({ schema }));
    await owner.query(`
      GRANT USAGE ON SCHEMA "${schema}" TO "${role}";
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${schema}" TO "${role}";
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA "${schema}" TO "${role}";
      REVOKE INSERT, UPDATE, DELETE ON "${schema}".version FROM "${role}"`);
    expect(await inbox.put(entryOf('a'))).toBe('stored');
    await inbox.start({ process: async () => undefined, onDead() {}, onError() {} });
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    expect((await inbox.health()).problems).toEqual([]);
    const ledger = createPostgresLedger({ pool, schema });
    expect(await ledger.claim({ key: 'a', bodyDigest: 1, leaseMs: 1_000 })).toMatchObject({ attempt: 1 });
  });

  test('of a newer version are left alone', async () => {
    const pool = poolOf(server);
    const schema = newName();
    await pool.query(migrationSql({ schema }));
    await pool.query(`UPDATE "${schema}".version SET version = 99`);
    const inbox = createPostgresInbox({ pool, schema });
    await expect((async () => inbox.put(entryOf('a')))()).rejects.toThrow(
      /have version 99.*Upgrade the package/,
    );
    expect(await inbox.health()).toMatchObject({ isReachable: false });
  });
});
