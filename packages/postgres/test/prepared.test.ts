import { createPostgresInbox } from '@showpad-webhooks/postgres';
import type { Server } from '@showpad-webhooks/servers';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { entryOf } from './entry.ts';
import { isInstalled, newName, poolOf, startServer } from './support.ts';

let server: Server;

describe.skipIf(!isInstalled)('the statement that stores events', () => {
  beforeAll(async () => {
    server = await startServer();
  });

  function open(schema: string) {
    // With one connection it is known which one a statement gets.
    const pool = poolOf(server, { max: 1 });
    const inbox = createPostgresInbox({ pool, schema });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    const prepared = async () => {
      const { rows } = await pool.query(
        "SELECT name FROM pg_prepared_statements WHERE name LIKE 'showpad_%'",
      );
      return rows.map(({ name }) => name);
    };
    const putTwo = (prefix: string) => Promise.all(['1', '2'].map((id) => inbox.put(entryOf(prefix + id))));
    return { inbox, pool, prepared, putTwo };
  }

  test('is prepared for one event and for several, under names that belong to its SQL', async () => {
    const { inbox, prepared, putTwo } = open(newName());
    await inbox.put(entryOf('a'));
    await inbox.put(entryOf('b'));
    const [one] = await prepared();
    expect(await prepared()).toEqual([one]);
    await putTwo('c');
    expect(await prepared()).toHaveLength(2);
    const elsewhere = open(newName());
    await elsewhere.inbox.put(entryOf('a'));
    expect(await elsewhere.prepared()).not.toContain(one);
  });

  test('runs without a name once Postgres has forgotten it', async () => {
    const { inbox, pool, prepared, putTwo } = open(newName());
    await inbox.put(entryOf('a'));
    await pool.query('DEALLOCATE ALL');
    expect(await inbox.put(entryOf('b'))).toBe('stored');
    expect(await putTwo('c')).toEqual(['stored', 'stored']);
    expect(await inbox.put(entryOf('b'))).toEqual({ isConflict: false });
    expect(await inbox.counts()).toMatchObject({ pending: 4 });
    expect(await prepared()).toEqual([]);
  });

  test('runs without a name if the connection has it from another process', async () => {
    const schema = newName();
    const other = open(schema);
    await other.inbox.put(entryOf('a'));
    const [name] = await other.prepared();
    const { inbox, pool } = open(schema);
    await pool.query(`PREPARE "${name}" AS SELECT 1`);
    expect(await inbox.put(entryOf('b'))).toBe('stored');
    expect(await inbox.counts()).toMatchObject({ pending: 2 });
  });
});
