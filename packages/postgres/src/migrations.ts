import type { PostgresPool } from './pool.ts';
import { sqlStateOf } from './shared.ts';

export const DEFAULT_SCHEMA = 'showpad_webhooks';
/** Any number that other programs are unlikely to use for an advisory lock. */
const LOCK = 7_351_842_906;
const LONGEST_NAME_BYTES = 63;
const UNDEFINED_TABLE = '42P01';
const INVALID_SCHEMA_NAME = '3F000';
const INSUFFICIENT_PRIVILEGE = '42501';

/** Each migration brings the tables from the version of its index to the next one. Never change a released one: add another. */
const MIGRATIONS: readonly ((schema: string) => string)[] = [
  // A body has a row of its own, because an update of a row writes all of it again. The partial indexes hold an entry once.
  (schema) => `
CREATE SEQUENCE ${schema}.entry;
CREATE SEQUENCE ${schema}.fence;
CREATE TABLE ${schema}.inbox (
  seq bigint PRIMARY KEY,
  inbox text NOT NULL,
  key text COLLATE "C" NOT NULL UNIQUE,
  state text NOT NULL CHECK (state IN ('pending', 'leased', 'done', 'dead')),
  at_ms bigint NOT NULL,
  fence bigint NOT NULL DEFAULT 0,
  attempt integer NOT NULL DEFAULT 0,
  generation integer NOT NULL DEFAULT 0,
  body_digest bigint NOT NULL,
  handlers text NOT NULL DEFAULT '[]',
  error text,
  meta text NOT NULL,
  body_bytes bigint NOT NULL
);
CREATE INDEX inbox_waiting ON ${schema}.inbox (inbox, at_ms, seq) WHERE state IN ('pending', 'leased');
CREATE INDEX inbox_settled ON ${schema}.inbox (inbox, state, at_ms, seq) WHERE state IN ('done', 'dead');
CREATE TABLE ${schema}.inbox_body (
  seq bigint PRIMARY KEY,
  body bytea NOT NULL
);
CREATE TABLE ${schema}.ledger (
  key text COLLATE "C" PRIMARY KEY,
  fence bigint NOT NULL,
  attempt integer NOT NULL,
  first_ms bigint NOT NULL,
  body_digest bigint NOT NULL,
  is_conflict boolean NOT NULL DEFAULT false,
  state text NOT NULL CHECK (state IN ('claimed', 'released', 'completed')),
  until_ms bigint NOT NULL,
  handlers text NOT NULL DEFAULT '[]'
);
CREATE INDEX ledger_until ON ${schema}.ledger (until_ms);
`,
];

export interface MigrationOptions {
  /** The schema for the tables. Default `showpad_webhooks`. */
  readonly schema?: string;
  /** The version of the tables that are there. Default 0, which is none. */
  readonly fromVersion?: number;
}

/**
 * The SQL that creates the tables, for teams that run their own migrations. It is one transaction, and it ends with the version
 * of the tables in `version`.
 *
 * @throws TypeError for a schema or a version that cannot be.
 *
 * @example
 * ```ts
 * import { migrationSql } from '@showpad-webhooks/postgres';
 *
 * console.log(migrationSql());
 * ```
 */
export function migrationSql({ schema = DEFAULT_SCHEMA, fromVersion = 0 }: MigrationOptions = {}): string {
  const quoted = quoteSchema(schema);
  if (!Number.isInteger(fromVersion) || fromVersion < 0 || fromVersion > MIGRATIONS.length) {
    throw new TypeError(
      `The option "fromVersion" must be a whole number from 0 to ${MIGRATIONS.length}, not ${fromVersion}.`,
    );
  }
  return `BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT pg_advisory_xact_lock(${LOCK});
${createVersionTable(schema, quoted)}
${migrate(quoted, fromVersion)}
COMMIT;
`;
}

/** A schema that is there already needs no privilege, so the statement is left out for the one that every database has. */
function createVersionTable(schema: string, quoted: string): string {
  const createSchema = schema === 'public' ? '' : `CREATE SCHEMA IF NOT EXISTS ${quoted};\n`;
  return `${createSchema}CREATE TABLE IF NOT EXISTS ${quoted}.version (
  id integer PRIMARY KEY CHECK (id = 1),
  version integer NOT NULL
);
INSERT INTO ${quoted}.version VALUES (1, 0) ON CONFLICT DO NOTHING;`;
}

function migrate(quoted: string, fromVersion: number): string {
  const steps = MIGRATIONS.slice(fromVersion).map((migration) => migration(quoted));
  return `${steps.join('')}UPDATE ${quoted}.version SET version = ${MIGRATIONS.length};`;
}

/** @throws TypeError if Postgres would cut the name, or could not keep it. */
export function quoteSchema(schema: string): string {
  const isPossible =
    typeof schema === 'string' &&
    schema !== '' &&
    !schema.includes('\0') &&
    Buffer.byteLength(schema) <= LONGEST_NAME_BYTES;
  if (!isPossible) {
    throw new TypeError(`The option "schema" must be a name of 1 to ${LONGEST_NAME_BYTES} bytes.`);
  }
  return `"${schema.replaceAll('"', '""')}"`;
}

/**
 * Creates the tables, or brings those of an older version up to date. Any number of processes may do so at once. If the tables
 * are up to date, it only reads, so it needs no more privileges than the rest.
 *
 * @throws Error if a newer version of this package made the tables, or if they cannot be made.
 */
export async function prepareTables(pool: PostgresPool, schema: string, mayMigrate: boolean): Promise<void> {
  const quoted = quoteSchema(schema);
  const version = await readVersion(pool, quoted);
  checkVersion(version);
  if (version === MIGRATIONS.length) return;
  if (!mayMigrate) {
    const problem =
      version === 0
        ? `There are no tables of @showpad-webhooks/postgres in the schema ${quoted}`
        : `The tables in the schema ${quoted} have version ${version} and need version ${MIGRATIONS.length}`;
    throw new Error(
      `${problem}, and "migrate" is false or "mustExist" is true. Run the SQL that migrationSql() gives, as a role that may ` +
        'create tables.',
    );
  }
  const client = await pool.connect();
  let failure: unknown;
  try {
    // With another isolation level the version would be read as it was before the lock.
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await client.query(`SELECT pg_advisory_xact_lock(${LOCK})`);
    await client.query(createVersionTable(schema, quoted));
    const { rows } = await client.query(`SELECT version FROM ${quoted}.version`);
    const current = Number(rows[0]?.version);
    checkVersion(current);
    if (current < MIGRATIONS.length) await client.query(migrate(quoted, current));
    await client.query('COMMIT');
  } catch (error) {
    failure = error;
    await client.query('ROLLBACK').catch(() => {});
    throw sqlStateOf(error) === INSUFFICIENT_PRIVILEGE ? mayNotCreate(quoted, error) : error;
  } finally {
    client.release(failure !== undefined);
  }
}

/** Resolves to 0 if there are no tables. */
async function readVersion(pool: PostgresPool, quoted: string): Promise<number> {
  try {
    const text = `SELECT version FROM ${quoted}.version`;
    const { rows } = await pool.query({ text, values: [], query_timeout: 10_000 });
    return Number(rows[0]?.version ?? 0);
  } catch (error) {
    if ([UNDEFINED_TABLE, INVALID_SCHEMA_NAME].includes(sqlStateOf(error) ?? '')) return 0;
    throw error;
  }
}

function checkVersion(version: number): void {
  if (version <= MIGRATIONS.length) return;
  throw new Error(
    `The tables have version ${version}, and this version of @showpad-webhooks/postgres knows ${MIGRATIONS.length} and ` +
      'older. Upgrade the package, or use another schema.',
  );
}

function mayNotCreate(quoted: string, cause: unknown): Error {
  return new Error(
    `The role of the pool may not create the tables in the schema ${quoted}. Run the SQL that migrationSql() gives as a role ` +
      'that may, and grant this one what the README of @showpad-webhooks/postgres lists.',
    { cause },
  );
}
