/** The part of a `pg.Pool` that is used. */
export interface PostgresPool {
  query(query: PostgresQuery): Promise<PostgresResult>;
  connect(callback: (error: Error | undefined, client: PostgresPoolClient | undefined) => void): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  listeners(event: 'error'): unknown[];
  readonly options: { readonly max?: number | undefined };
}

export interface PostgresQuery {
  readonly text: string;
  readonly values: unknown[];
  /** If it is set, the statement is prepared once for each connection. */
  readonly name?: string | undefined;
  /** In ms. */
  readonly query_timeout: number;
}

export interface PostgresResult {
  // biome-ignore lint/suspicious/noExplicitAny: Only the app knows what its query gives, as with `pg` itself.
  readonly rows: any[];
  readonly rowCount: number | null;
}

/** A client on which a transaction is open. It is a `pg.PoolClient`. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<PostgresResult>;
}

export type PostgresClientEvent = 'notification' | 'error' | 'end';

// biome-ignore lint/suspicious/noExplicitAny: Each event gives its listeners something else.
export type PostgresListener = (...values: any[]) => void;

export interface PostgresPoolClient extends PostgresClient {
  release(error?: Error | boolean): void;
  on(event: PostgresClientEvent, listener: PostgresListener): unknown;
  off(event: PostgresClientEvent, listener: PostgresListener): unknown;
}

export interface PostgresSource {
  /** The `pg.Pool` of your app. It is used and never closed. */
  readonly pool: PostgresPool;
  /** The schema for the tables of this package. Default `showpad_webhooks`. */
  readonly schema?: string;
  /**
   * Creates the tables and upgrades them. If it is false, run the SQL of `migrationSql` yourself before you deploy. Default
   * true.
   */
  readonly migrate?: boolean;
}
