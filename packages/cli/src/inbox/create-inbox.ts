import type { Inbox } from '@showpad-webhooks/core';
import type { LoadedPackage } from './load-package.ts';
import type { StoreAddress } from './store-address.ts';

/** The package that makes each kind of store. */
export const PACKAGES: Readonly<Record<StoreAddress['kind'], string>> = {
  sqlite: '@showpad-webhooks/sqlite',
  redis: '@showpad-webhooks/bullmq',
  postgres: '@showpad-webhooks/postgres',
};

export interface CreatedInbox {
  readonly inbox: Inbox;
  /** What the connection to a server last complained of. It says more than "no answer". */
  lastError?(): unknown;
  /** Closes what the inbox itself leaves open. */
  close?(): Promise<void>;
}

export interface InboxNames {
  readonly name?: string | undefined;
  /** What the names of BullMQ's queues begin with. */
  readonly prefix?: string | undefined;
  /** The schema of the tables in Postgres. */
  readonly schema?: string | undefined;
}

/** How long the command waits for a server before it gives up. The inboxes themselves wait 2.5 s for an answer. */
const TIMEOUT_MS = 2_000;

/** Creates an inbox that must exist. It is not connected yet. */
export async function createInbox(
  loaded: LoadedPackage,
  address: StoreAddress,
  { name, prefix, schema }: InboxNames,
): Promise<CreatedInbox> {
  const common = { mustExist: true, ...(name !== undefined && { name }) };
  const { createSqliteInbox, createBullmqInbox, createPostgresInbox } =
    loaded.exports as unknown as Factories;
  if (address.kind === 'sqlite') return { inbox: createSqliteInbox({ file: address.file, ...common }) };
  const { url, kind } = address;
  if (kind === 'postgres') {
    const pg = (await loaded.loadPeer('pg')) as unknown as Pg;
    const pool = new (pg.Pool ?? pg.default.Pool)({
      connectionString: url,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      // A server that hangs does not answer the goodbye either, and must not keep this process alive.
      allowExitOnIdle: true,
    });
    const inbox = createPostgresInbox({ pool, ...(schema !== undefined && { schema }), ...common });
    return { inbox, close: () => pool.end() };
  }
  const connection = { url, connectTimeout: TIMEOUT_MS };
  const inbox = createBullmqInbox({ connection, ...common, ...(prefix !== undefined && { prefix }) });
  let last: unknown;
  inbox.queue.on('error', (error) => {
    last = error;
  });
  return { inbox, lastError: () => last };
}

/** What the packages export. They are loaded from the project of the user, so nothing of them is imported here. */
interface Factories {
  createSqliteInbox(options: object): Inbox;
  createPostgresInbox(options: object): Inbox;
  createBullmqInbox(options: object): Inbox & {
    readonly queue: { on(event: 'error', listener: (error: unknown) => void): unknown };
  };
}

interface PgModule {
  readonly Pool: new (options: object) => { end(): Promise<void> };
}

/** An import of CommonJS may have the exports only in `default`. */
type Pg = PgModule & { readonly default: PgModule };
