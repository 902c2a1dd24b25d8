import { checkKnown } from '@showpad-webhooks/core/shared';
import { withName } from './shared.ts';

export const DEFAULT_SCHEMA = 'showpad_webhooks';
/** Any number that other programs are unlikely to use for an advisory lock. */
export const MIGRATION_LOCK = 7_351_842_906;
const LONGEST_NAME_BYTES = 63;

/** Each migration brings the tables from the version of its index to the next one. Never change a released one: add another. */
const MIGRATIONS: readonly ((schema: string) => string)[] = [
  // An entry is one row and has two entries in indexes, because that is most of what a put costs. Postgres moves a large body out of the
  // row, so an update does not write it again. A third of each page stays free, so that the next version of a row fits next to it: then
  // Postgres logs only what changed, and one row at a time can be changed when the disk is full.
  (schema) => `
CREATE SEQUENCE ${schema}.entry;
CREATE TABLE ${schema}.inbox (
  key text COLLATE "C" PRIMARY KEY,
  seq bigint NOT NULL,
  inbox text NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'leased', 'done', 'dead')),
  at_ms bigint NOT NULL,
  fence bigint NOT NULL DEFAULT 0,
  attempt integer NOT NULL DEFAULT 0,
  generation integer NOT NULL DEFAULT 0,
  body_digest bigint NOT NULL,
  handlers text NOT NULL DEFAULT '[]',
  error text,
  failures text NOT NULL DEFAULT '[]',
  meta text NOT NULL,
  body_bytes bigint NOT NULL,
  body bytea
) WITH (fillfactor = 70);
CREATE INDEX inbox_waiting ON ${schema}.inbox (inbox, at_ms, seq) WHERE state IN ('pending', 'leased');
CREATE INDEX inbox_settled ON ${schema}.inbox (inbox, state, at_ms, seq) WHERE state IN ('done', 'dead');
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
${createMarkDone(schema, 'inbox', 'leased')}
${createMarkDone(schema, 'ledger', 'claimed')}
`,
];

export const NEWEST_VERSION: number = MIGRATIONS.length;

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
 * @throws TypeError for an unknown option, and for a schema or a version that is not valid.
 *
 * @example
 * ```ts
 * import { migrationSql } from '@showpad-webhooks/postgres';
 *
 * console.log(migrationSql());
 * ```
 */
export function migrationSql(options: MigrationOptions = {}): string {
  const { schema = DEFAULT_SCHEMA, fromVersion = 0 } = options;
  checkKnown(options, { schema, fromVersion });
  const quoted = quoteSchema(schema);
  if (!Number.isInteger(fromVersion) || fromVersion < 0 || fromVersion > NEWEST_VERSION) {
    throw new TypeError(
      `The option "fromVersion" must be a whole number from 0 to ${NEWEST_VERSION}, not ${fromVersion}.`,
    );
  }
  return `BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT pg_advisory_xact_lock(${MIGRATION_LOCK});
${createVersionTable(schema, quoted)}
${migrate(quoted, fromVersion)}
COMMIT;
`;
}

/** A schema that is there already needs no privilege, so the statement is left out for the one that every database has. */
export function createVersionTable(schema: string, quoted: string): string {
  const createSchema = schema === 'public' ? '' : `CREATE SCHEMA IF NOT EXISTS ${quoted};\n`;
  return `${createSchema}CREATE TABLE IF NOT EXISTS ${quoted}.version (
  id integer PRIMARY KEY CHECK (id = 1),
  version integer NOT NULL
);
INSERT INTO ${quoted}.version VALUES (1, 0) ON CONFLICT DO NOTHING;`;
}

export function migrate(quoted: string, fromVersion: number): string {
  const steps = MIGRATIONS.slice(fromVersion).map((migration) => migration(quoted));
  return `${steps.join('')}UPDATE ${quoted}.version SET version = ${NEWEST_VERSION};`;
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
 * A function that notes that a handler is done, for the transactions of apps. It fails by itself if it must not be noted, so the
 * transaction cannot commit, whatever the app makes of its result.
 */
function createMarkDone(schema: string, table: 'inbox' | 'ledger', heldState: string): string {
  const body = `
DECLARE
  done text;
BEGIN
  SELECT handlers INTO done FROM ${schema}.${table}
    WHERE key = held_key AND fence = held_fence AND state = '${heldState}' FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Another process has taken this event over, or the handler had ended, so nothing was committed.'
      USING HINT = 'Wait for the transaction in the handler. A process that does not answer loses its events after leaseMs.';
  END IF;
  IF handler IN (SELECT name::text FROM json_array_elements(done::json) AS name) THEN
    RAISE EXCEPTION 'This handler counts as done already, so nothing was committed.'
      USING HINT = 'Commit once in a handler and wait for it, or write two handlers.';
  END IF;
  UPDATE ${schema}.${table} SET handlers = ${withName('handler')} WHERE key = held_key;
  RETURN true;
END`;
  return `CREATE FUNCTION ${schema}.mark_done_in_${table}(held_key text, held_fence bigint, handler text) RETURNS boolean
LANGUAGE plpgsql AS '${body.replaceAll("'", "''")}';`;
}
