export { inTransaction } from './in-transaction.ts';
export { createPostgresInbox, type PostgresInboxOptions } from './inbox.ts';
export { createPostgresLedger, type PostgresLedgerOptions } from './ledger.ts';
export { markDone } from './mark-done.ts';
export { type MigrationOptions, migrationSql } from './migrations.ts';
export type {
  PostgresClient,
  PostgresClientEvent,
  PostgresListener,
  PostgresPool,
  PostgresPoolClient,
  PostgresQuery,
  PostgresResult,
  PostgresSource,
} from './pool.ts';
