import { keyTextOf } from '@showpad-webhooks/core/store';
import { DEFAULT_SCHEMA, quoteSchema } from './migrations.ts';
import type { PostgresPool, PostgresResult, PostgresSource } from './pool.ts';
import { prepareTables } from './prepare-tables.ts';
import { createServerClock, type ServerClock } from './server-clock.ts';
import { sqlStateOf } from './shared.ts';

/** The tables of this package in the database of an app. */
export interface Database {
  readonly pool: PostgresPool;
  /** The name of the schema, quoted for SQL. */
  readonly schema: string;
  /** The channel on which processes tell each other of new entries. */
  readonly channel: string;
  /** The clock of the server. It is right once `ready` has resolved. */
  readonly clock: ServerClock;
  /** Resolves when there are tables and the time of the server is known. After a failure the next call tries again. */
  ready(): Promise<void>;
  /** Runs one statement. It is a transaction of its own, and is durable when this resolves. */
  query(text: string, values: unknown[]): Promise<PostgresResult>;
  /** Returns the rows that a statement gives. */
  all<Row>(text: string, values: unknown[]): Promise<readonly Row[]>;
  /**
   * Makes a function that runs a statement as `all` does, but Postgres plans it once for each connection. Only for a statement whose
   * plan is the best one whatever the size of the tables.
   */
  prepare<Row>(text: string): (values: unknown[]) => Promise<readonly Row[]>;
  /** From now on each statement rejects. The pool stays open. */
  close(): void;
}

/** How long a statement may take. After that its connection is closed, because nobody knows whether it still runs. */
const STATEMENT_TIMEOUT_MS = 10_000;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const MOST_TRIES = 20;
/** What Postgres answers if something between it and the pool hands out its connections for one transaction each. */
const NOT_PREPARED_HERE = ['26000', '42P05'];

/** If a connection breaks that nobody uses, the pool says so, and without a listener that would end the process. */
const ignore = () => {};

/**
 * @param check is called when the tables are there, and rejects if the database must not be used.
 * @throws TypeError for an option that is not valid.
 */
export function connect(
  { pool, schema = DEFAULT_SCHEMA, migrate = true }: PostgresSource,
  check?: (database: Pick<Database, 'all' | 'schema'>) => Promise<void>,
): Database {
  if (typeof pool?.query !== 'function' || typeof pool.connect !== 'function') {
    throw new TypeError('The option "pool" must be a pool of the package "pg": new pg.Pool(…).');
  }
  const quoted = quoteSchema(schema);
  let prepared: Promise<void> | undefined;
  let canPrepare = true;
  let isClosed = false;
  if (!pool.listeners('error').includes(ignore)) pool.on('error', ignore);

  async function tryOnce(text: string, values: unknown[], name?: string): Promise<PostgresResult> {
    if (isClosed) throw new Error('The inbox is closed.');
    return pool.query({ text, values, name, query_timeout: STATEMENT_TIMEOUT_MS });
  }

  /** If the app made a stricter isolation level the default, Postgres may ask for a statement to be run again. */
  async function query(text: string, values: unknown[], name?: string): Promise<PostgresResult> {
    for (let tries = 1; ; tries++) {
      try {
        return await tryOnce(text, values, name);
      } catch (error) {
        const isWorthTrying = [SERIALIZATION_FAILURE, DEADLOCK_DETECTED].includes(sqlStateOf(error) ?? '');
        if (!isWorthTrying || tries >= MOST_TRIES) throw error;
        // The pause is random, so that processes that were in each other's way do not meet again.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * tries));
      }
    }
  }

  const clock = createServerClock(async () => {
    const { rows } = await query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now', []);
    return Number(rows[0]?.now);
  });

  const all: Database['all'] = async (text, values) => (await query(text, values)).rows;

  const prepare: Database['prepare'] = (text) => {
    // A connection may come from another program, which has prepared something else, so the name is made of the statement.
    const name = `showpad_${keyTextOf(text)}`;
    return async (values) => {
      if (!canPrepare) return all(text, values);
      try {
        return (await query(text, values, name)).rows;
      } catch (error) {
        if (!NOT_PREPARED_HERE.includes(sqlStateOf(error) ?? '')) throw error;
        canPrepare = false;
        return all(text, values); // It has not run.
      }
    };
  };

  async function prepareDatabase(): Promise<void> {
    await prepareTables(pool, schema, migrate);
    await check?.({ all, schema: quoted });
  }

  return {
    pool,
    schema: quoted,
    channel: `showpad_webhooks_${keyTextOf(schema)}`,
    clock,
    async ready() {
      prepared ??= prepareDatabase().catch((error) => {
        prepared = undefined;
        throw error;
      });
      await prepared;
      await clock.refresh();
    },
    query,
    all,
    prepare,
    close() {
      isClosed = true;
    },
  };
}
