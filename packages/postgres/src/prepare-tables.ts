import { createVersionTable, MIGRATION_LOCK, migrate, NEWEST_VERSION, quoteSchema } from './migrations.ts';
import type { PostgresPool } from './pool.ts';
import { sqlStateOf } from './shared.ts';
import { giveBack, takeClient } from './take-client.ts';

const UNDEFINED_TABLE = '42P01';
const INVALID_SCHEMA_NAME = '3F000';
const INSUFFICIENT_PRIVILEGE = '42501';

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
  if (version === NEWEST_VERSION) return;
  if (!mayMigrate) {
    const problem =
      version === 0
        ? `There are no tables of @showpad-webhooks/postgres in the schema ${quoted}`
        : `The tables in the schema ${quoted} have version ${version} and need version ${NEWEST_VERSION}`;
    throw new Error(
      `${problem}, and "migrate" is false or "mustExist" is true. Run the SQL that migrationSql() gives, as a role that may ` +
        'create tables.',
    );
  }
  const client = await takeClient(pool);
  let isUsable = false;
  try {
    // With another isolation level the version would be read as it was before the lock.
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await client.query(createVersionTable(schema, quoted));
    const { rows } = await client.query(`SELECT version FROM ${quoted}.version`);
    const current = Number(rows[0]?.version);
    checkVersion(current);
    if (current < NEWEST_VERSION) await client.query(migrate(quoted, current));
    await client.query('COMMIT');
    isUsable = true;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw sqlStateOf(error) === INSUFFICIENT_PRIVILEGE ? mayNotCreate(quoted, error) : error;
  } finally {
    giveBack(client, isUsable);
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
  if (version <= NEWEST_VERSION) return;
  throw new Error(
    `The tables have version ${version}, and this version of @showpad-webhooks/postgres supports versions up to ` +
      `${NEWEST_VERSION}. Upgrade the package, or use another schema.`,
  );
}

function mayNotCreate(quoted: string, cause: unknown): Error {
  return new Error(
    `The role of the pool may not create the tables in the schema ${quoted}. Run the SQL that migrationSql() gives as a role ` +
      'that may, and grant this one what the README of @showpad-webhooks/postgres lists.',
    { cause },
  );
}
