import { Buffer } from 'node:buffer';
import { distinct, type MismatchCause, type Variant } from './cause.ts';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes that may have been signed in place of those given. */
export function bodyVariants(body: Uint8Array): readonly Variant<Buffer>[] {
  const given = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = given.toString('utf8');
  const latin1 = given.toString('latin1');
  const hasMark = given.subarray(0, 3).equals(BYTE_ORDER_MARK);
  const of = (cause: MismatchCause, detail: string, value: Buffer | string | undefined) => ({
    cause,
    detail,
    value: typeof value === 'string' ? Buffer.from(value) : value,
  });
  // Line ends are changed as Latin-1, so that bytes which are no UTF-8 stay.
  const bytes = (changed: string) => Buffer.from(changed, 'latin1');
  const variants = [
    of('body-end', 'without the line breaks at its end', bytes(latin1.replace(/[\r\n]+$/, ''))),
    of('body-end', 'with a line feed at its end', bytes(`${latin1}\n`)),
    of('body-end', 'with CRLF at its end', bytes(`${latin1}\r\n`)),
    of('body-line-ends', 'with LF where it has CRLF', bytes(latin1.replaceAll('\r\n', '\n'))),
    of('body-line-ends', 'with CRLF where it has LF', bytes(latin1.replace(/\r?\n/g, '\r\n'))),
    hasMark
      ? of('body-byte-order-mark', 'without its byte order mark', given.subarray(3))
      : of('body-byte-order-mark', 'with a byte order mark', Buffer.concat([BYTE_ORDER_MARK, given])),
    ...rewritten(text).map(([detail, json]) => of('body-rewritten', detail, json)),
    of('body-encoding', 'read as UTF-8, and what is no UTF-8 replaced', text),
    of('body-encoding', 'read as Latin-1 and written as UTF-8', latin1),
    of('body-encoding', 'read as UTF-8 and written as Latin-1', bytes(text)),
    of('body-normalized', 'with its Unicode composed (NFC)', text.normalize('NFC')),
    of('body-normalized', 'with its Unicode decomposed (NFD)', text.normalize('NFD')),
    of('body-empty', 'empty', Buffer.alloc(0)),
  ];
  return distinct(given, variants, (value) => value.toString('latin1'));
}

/** The body's JSON, as other writers would write it. */
function rewritten(text: string): readonly (readonly [string, string])[] {
  try {
    return writings(JSON.parse(text.replace(/^\ufeff/, '')));
  } catch {
    return []; // no JSON, or nested deeper than the stack
  }
}

function writings(value: unknown): readonly (readonly [string, string])[] {
  const compact = JSON.stringify(value);
  // As Python writes it. A line break in it is never a text's own, which would be escaped.
  const spaced = JSON.stringify(value, null, 1).replace(/,\n */g, ', ').replace(/\n */g, '');
  return [
    ['written anew without spaces', compact],
    ['written anew, indented by 2 spaces', JSON.stringify(value, null, 2)],
    ['written anew, indented by 4 spaces', JSON.stringify(value, null, 4)],
    ['written anew, indented by tabs', JSON.stringify(value, null, '\t')],
    ['written anew with a space after each comma and colon', spaced],
    ['written anew with non-ASCII characters escaped', escapeNonAscii(compact)],
    ['written anew with spaces, and non-ASCII characters escaped', escapeNonAscii(spaced)],
    ['written anew with slashes escaped', compact.replaceAll('/', '\\/')],
  ];
}

function escapeNonAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
