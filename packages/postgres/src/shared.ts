import { hash } from 'node:crypto';

const KEY_BYTES = 16;

/**
 * The key of a row: a hash of an id of any length and any characters. Of the SHA-256, 128 bits are kept, because every put
 * looks a key up in an index that should be small. The UTF-16 code units are hashed, because UTF-8 would make all lone
 * surrogates equal.
 */
export function keyTextOf(text: string): string {
  return hash('sha256', Buffer.from(text, 'utf16le'), 'buffer').toString('base64url', 0, KEY_BYTES);
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The code that Postgres gave to an error. Undefined if the error is not from Postgres, such as that of a lost connection. */
export function sqlStateOf(thrown: unknown): string | undefined {
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The SQL that takes the next number of a sequence. `schema` is quoted as an identifier. */
export function nextval(schema: string, sequence: 'entry' | 'fence'): string {
  return `nextval('${schema.replaceAll("'", "''")}.${sequence}')`;
}

/** The SQL that adds a name to a list in JSON. `parameter` is the name in JSON. */
export function withName(parameter: string): string {
  return `CASE handlers WHEN '[]' THEN '[' ELSE left(handlers, -1) || ',' END || ${parameter} || ']'`;
}

/** Postgres takes only whole numbers for its integers. */
export function whole(ms: number): number {
  return Math.round(ms);
}
