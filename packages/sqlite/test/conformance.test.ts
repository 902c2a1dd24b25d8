import { inboxConformance, inboxStoreConformance, ledgerConformance } from '@showpad-webhooks/core/testing';
import { createSqliteInbox, createSqliteLedger } from '@showpad-webhooks/sqlite';
import { afterAll, describe, test } from 'vitest';
import { connect } from '../src/connection.ts';
import { createSqliteInboxStore } from '../src/inbox-store.ts';
import { newFile } from './support.ts';

describe('the store conforms', () => {
  const create = () => createSqliteInboxStore(connect({ file: newFile() }), 'default');
  for (const { name, run } of inboxStoreConformance(create)) test(name, run, 60_000);
});

describe('the inbox conforms', () => {
  const file = newFile();
  for (const { name, run } of inboxConformance((options) =>
    createSqliteInbox({ file, ...options, pollMs: 20 }),
  )) {
    test(name, run, 30_000);
  }
});

describe('the ledger conforms', () => {
  const ledger = createSqliteLedger({ file: newFile() });
  afterAll(() => ledger.close());
  for (const { name, run } of ledgerConformance(() => ledger)) test(name, run);
});
