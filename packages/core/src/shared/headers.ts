/**
 * The headers of a delivery: a plain object with names in any case, such as Node's `req.headers` or the event of an API
 * gateway; or anything with `get`, such as the `Headers` of fetch.
 */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The text of one header. Repeated headers are joined with a comma, as HTTP defines. `name` must be lower case. */
export function headerValue(headers: WebhookHeaders, name: string): string | undefined {
  // Test consoles of API gateways send null if there are no headers.
  if (!headers) return undefined;
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const plain = headers as Readonly<Record<string, string | readonly string[] | undefined>>;
  const value = plain[name];
  if (value) return toText(value);
  for (const key in plain) {
    if (key.length === name.length && key.toLowerCase() === name) return toText(plain[key]);
  }
  return undefined;
}

/** All headers as a plain object with lower-case names. */
export function plainHeaders(headers: WebhookHeaders): Readonly<Record<string, string>> {
  const entries =
    Symbol.iterator in headers
      ? [...(headers as Iterable<readonly [string, string]>)]
      : Object.entries(headers);
  const plain: Record<string, string> = Object.create(null);
  for (const [name, value] of entries) {
    const text = toText(value);
    if (text !== undefined) plain[name.toLowerCase()] = text;
  }
  return plain;
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(', ') : undefined;
}
