export { createSqliteInbox, type SqliteInboxOptions } from './inbox.ts';
export { createSqliteLedger, type SqliteLedger, type SqliteLedgerOptions } from './ledger.ts';
export { markDone } from './mark-done.ts';
export type { SqliteHandle, SqliteSource, SqliteStatement, SqliteValue } from './sqlite-handle.ts';
