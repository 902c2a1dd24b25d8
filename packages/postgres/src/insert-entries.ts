import type { InboxEntry } from '@showpad-webhooks/core/inbox';
import { storedMeta } from '@showpad-webhooks/core/store';
import type { Database } from './database.ts';
import { whole } from './shared.ts';

/** What an entry is when it is inserted. */
export interface Start {
  readonly state: 'pending' | 'leased' | 'dead';
  readonly atMs: number;
  readonly fence: number;
  readonly attempt: number;
}

export interface NewEntry {
  readonly key: string;
  readonly entry: InboxEntry;
  readonly start: Start;
}

interface InsertedRow {
  readonly key: string;
}

/** Makes a function that inserts entries with one statement. It resolves to the keys of those that were not there before. */
export function createInsert(
  { schema, prepare }: Database,
  inbox: string,
): (entries: readonly NewEntry[]) => Promise<ReadonlySet<string>> {
  const insertOne = prepare<InsertedRow>(insertOneSql(schema));
  const insertMany = prepare<InsertedRow>(insertManySql(schema));

  return async (entries) => {
    const [only] = entries;
    const rows = await (only && entries.length === 1
      ? insertOne([inbox, ...parametersOfOne(only)])
      : insertMany([inbox, ...parametersOfMany(entries)]));
    return new Set(rows.map(({ key }) => key));
  };
}

/** What a put writes besides the inbox, the place of the entry in it, and the body. The order is that of `COLUMNS`. */
function columnsOf({ key, entry, start }: NewEntry) {
  return {
    key,
    state: start.state,
    at_ms: whole(start.atMs),
    fence: start.fence,
    attempt: start.attempt,
    body_digest: entry.bodyDigest,
    meta: storedMeta(entry),
    error: entry.error ? JSON.stringify(entry.error) : null,
    body_bytes: entry.body.byteLength,
  };
}

const COLUMNS = 'key, state, at_ms, fence, attempt, body_digest, meta, error, body_bytes';

function bodyOf({ entry: { body } }: NewEntry): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function insertSql(schema: string, source: (seq: string) => string): string {
  const seq = `nextval('${schema.replaceAll("'", "''")}.entry')`;
  return `
    INSERT INTO ${schema}.inbox (seq, inbox, ${COLUMNS}, body)
    ${source(seq)}
    ON CONFLICT (key) DO NOTHING
    RETURNING key`;
}

/** Postgres needs a tenth less time for it than for JSON with one row, and most events come alone. */
function insertOneSql(schema: string): string {
  return insertSql(schema, (seq) => `VALUES (${seq}, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`);
}

function parametersOfOne(entry: NewEntry): readonly unknown[] {
  return [...Object.values(columnsOf(entry)), bodyOf(entry)];
}

function insertManySql(schema: string): string {
  return insertSql(
    schema,
    (seq) => `
    SELECT ${seq}, $1, ${COLUMNS}, substring($3::bytea FROM body_place FOR body_bytes)
    FROM json_to_recordset($2::json) AS entry (key text, state text, at_ms bigint, fence bigint, attempt integer,
      body_digest bigint, meta text, error text, body_bytes integer, body_place integer)`,
  );
}

/** All bodies are one parameter. Each is cut out of it by its place and its length, because JSON has no bytes. */
function parametersOfMany(entries: readonly NewEntry[]): readonly unknown[] {
  let nextPlace = 1;
  const rows = entries.map((entry) => {
    const place = nextPlace;
    nextPlace += entry.entry.body.byteLength;
    // Assigned and not spread, because V8 is slow to add a property to an object that was spread.
    return Object.assign(columnsOf(entry), { body_place: place });
  });
  return [JSON.stringify(rows), Buffer.concat(entries.map(bodyOf))];
}
