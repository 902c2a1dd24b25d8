export type { SqliteHandle, SqliteSource, SqliteStatement } from './connection.ts';
export { createSqliteInbox, type SqliteInboxOptions } from './inbox.ts';
export { createSqliteLedger, type SqliteLedger, type SqliteLedgerOptions } from './ledger.ts';
