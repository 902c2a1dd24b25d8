import { createPostgresInbox } from '@showpad-webhooks/postgres';
import type { Server } from '@showpad-webhooks/servers';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { entryOf } from './entry.ts';
import { isInstalled, poolOf, startServer } from './support.ts';

describe.skipIf(!isInstalled)('an inbox that must exist', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });

  function open(name: string, schema: string, mustExist: boolean) {
    const inbox = createPostgresInbox({ pool: poolOf(server), name, schema, mustExist });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    return inbox;
  }

  test('is not created', async () => {
    const message = 'There are no tables of @showpad-webhooks/postgres in the schema "nothing"';
    for (const call of ['counts', 'list', 'purge'] as const) {
      await expect(open('crm', 'nothing', true)[call]()).rejects.toThrow(message);
    }
    const { rows } = await poolOf(server).query("SELECT 1 FROM pg_namespace WHERE nspname = 'nothing'");
    expect(rows).toEqual([]);
  });

  test('has a name that the database knows, unless the database has no entries at all', async () => {
    const app = open('crm', 'app', false);
    expect(await app.counts()).toMatchObject({ pending: 0 });
    expect(await open('mail', 'app', true).counts()).toMatchObject({ pending: 0 });
    await app.put(entryOf('1'));
    expect(await open('crm', 'app', true).counts()).toMatchObject({ pending: 1 });
    const message = 'There is no inbox "mail" in this database. It has: "crm".';
    await expect(open('mail', 'app', true).list()).rejects.toThrow(message);
  });
});
