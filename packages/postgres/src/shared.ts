/** The code that Postgres gave to an error. Undefined if the error is not from Postgres, such as that of a lost connection. */
export function sqlStateOf(thrown: unknown): string | undefined {
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The SQL that adds a name to a list in JSON. `parameter` is the name in JSON. */
export function withName(parameter: string): string {
  return `CASE handlers WHEN '[]' THEN '[' ELSE left(handlers, -1) || ',' END || ${parameter} || ']'`;
}

/** Postgres takes only whole numbers for its integers. */
export function whole(ms: number): number {
  return Math.round(ms);
}
