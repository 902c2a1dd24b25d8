import { Buffer } from 'node:buffer';
import { ShowpadWebhookError } from '../shared/error.ts';

export const FOREIGN_BODY_HINT =
  'The signature is right, so somebody has the key. Does another sender use it?';

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Parses JSON leniently: a byte order mark is skipped, and bytes that are not UTF-8 become U+FFFD. Own keys named
 * `__proto__`, and `constructor` objects with a `prototype`, are removed. They are harmless here, but they would pollute
 * Object.prototype in code that merges objects.
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
    // The message of the parser quotes the body, so it is not passed on as the cause.
    throw new ShowpadWebhookError('BODY_INVALID', 'The body is not JSON.', { hint: FOREIGN_BODY_HINT });
  }
  // Both names contain one of these, even if characters are escaped, so most bodies skip the walk.
  if (text.includes('proto') || text.includes('\\u00')) removeRiskyKeys(value);
  return value;
}

/** Uses a list and no recursion, because a body may nest deeper than the stack. */
function removeRiskyKeys(root: unknown): void {
  const left: unknown[] = [root];
  while (left.length) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    // deleteProperty removes own keys only, so an inherited `constructor` stays.
    Reflect.deleteProperty(value, '__proto__');
    if ('prototype' in Object(value.constructor)) Reflect.deleteProperty(value, 'constructor');
    for (const child of Object.values(value)) left.push(child);
  }
}
