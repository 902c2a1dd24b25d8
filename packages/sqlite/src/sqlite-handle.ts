/** The part of a database handle that is used. Handles of `libsql`, `better-sqlite3` and `node:sqlite` have it. */
export interface SqliteHandle {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): unknown;
}

export interface SqliteStatement {
  run(...parameters: SqliteValue[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  all(...parameters: SqliteValue[]): unknown[];
}

export type SqliteValue = string | number | Buffer | null;

/** Where to keep the data: in a file of its own, or in a database that your app has open already. */
export type SqliteSource =
  | { readonly file: string; readonly database?: never }
  | { readonly database: SqliteHandle; readonly file?: never };
