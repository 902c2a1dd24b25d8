import { inboxConformance, inboxStoreConformance, ledgerConformance } from '@showpad-webhooks/core/testing';
import { createPostgresInbox, createPostgresLedger } from '@showpad-webhooks/postgres';
import type { Server } from '@showpad-webhooks/servers';
import pg from 'pg';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { connect } from '../src/database.ts';
import { createPostgresInboxStore } from '../src/inbox-store.ts';
import { endPool, isInstalled, newName, startServer } from './support.ts';

let pool: pg.Pool;

describe.skipIf(!isInstalled)('on a real Postgres', () => {
  beforeAll(async () => {
    const { port }: Server = await startServer();
    pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', max: 20 });
  });
  afterAll(() => endPool(pool));

  describe('the store conforms', () => {
    const create = async () => {
      const database = connect({ pool });
      await database.ready();
      return createPostgresInboxStore(database, newName());
    };
    for (const { name, run } of inboxStoreConformance(create)) test(name, run, 240_000);
  });

  describe('the inbox conforms', () => {
    const create: Parameters<typeof inboxConformance>[0] = (options) =>
      createPostgresInbox({ pool, ...options, pollMs: 20 });
    for (const { name, run } of inboxConformance(create)) test(name, run, 60_000);
  });

  describe('the ledger conforms', () => {
    for (const { name, run } of ledgerConformance(() => createPostgresLedger({ pool })))
      test(name, run, 30_000);
  });
});
