import { Buffer } from 'node:buffer';
import { ShowpadWebhookError } from './error.ts';

export const FOREIGN_BODY_HINT = 'Its signature holds: does another sender use this key?';

const BYTE_ORDER_MARK = 0xfeff;

/**
 * JSON as Showpad's serializer may write it: a byte order mark is skipped and bytes that are not UTF-8 become
 * U+FFFD. Own keys named `__proto__`, and `constructor` objects with a `prototype`, are removed: harmless as
 * they stand, they would pollute Object.prototype in code that merges objects.
 *
 * @throws ShowpadWebhookError `BODY_INVALID`
 */
export function parseJson(body: Uint8Array | string): unknown {
  const text =
    typeof body === 'string' ? body : (Buffer.isBuffer(body) ? body : Buffer.from(body)).toString();
  let value: unknown;
  try {
    value = JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
  } catch {
    // The parser's own message quotes the body, so it is no cause to pass on.
    throw new ShowpadWebhookError('BODY_INVALID', 'the body is not JSON', FOREIGN_BODY_HINT);
  }
  // However they are spelt, both names hold one of these; other bodies skip the walk.
  if (text.includes('proto') || text.includes('\\u00')) removeRiskyKeys(value);
  return value;
}

/** With a list of what is left to visit, since a body may nest deeper than the stack. */
function removeRiskyKeys(root: unknown): void {
  const left: unknown[] = [root];
  while (left.length) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    // Deleting touches own keys only, so an inherited `constructor` stays.
    Reflect.deleteProperty(value, '__proto__');
    if ('prototype' in Object(value.constructor)) Reflect.deleteProperty(value, 'constructor');
    for (const child of Object.values(value)) left.push(child);
  }
}
