import { Buffer } from 'node:buffer';
import { distinct, type MismatchCause, type Variant } from './cause.ts';
import { rewrittenJson } from './rewritten-json.ts';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bodies that may have been signed instead of the given one. */
export function bodyVariants(body: Uint8Array): readonly Variant<Buffer>[] {
  const given = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return distinct(given, changedBodies(given), (value) => value.toString('latin1'));
}

function* changedBodies(given: Buffer): Generator<Variant<Buffer>> {
  const text = given.toString('utf8');
  // Line breaks are changed in Latin-1 text, so that bytes that are not UTF-8 stay as they are.
  const latin1 = given.toString('latin1');
  const bytes = (changed: string) => Buffer.from(changed, 'latin1');
  const variant = (cause: MismatchCause, detail: string, value: Buffer) => ({ cause, detail, value });

  yield variant('body-end', 'without the line breaks at its end', bytes(withoutLineBreaksAtEnd(latin1)));
  yield variant('body-end', 'with a line feed at its end', bytes(`${latin1}\n`));
  yield variant('body-end', 'with CRLF at its end', bytes(`${latin1}\r\n`));
  yield variant('body-line-ends', 'with LF instead of CRLF', bytes(latin1.replaceAll('\r\n', '\n')));
  yield variant('body-line-ends', 'with CRLF instead of LF', bytes(latin1.replace(/\r?\n/g, '\r\n')));
  if (given.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
    yield variant('body-byte-order-mark', 'without its byte order mark', given.subarray(3));
  } else {
    yield variant('body-byte-order-mark', 'with a byte order mark', Buffer.concat([BYTE_ORDER_MARK, given]));
  }
  for (const [detail, json] of rewrittenJson(text))
    yield variant('body-rewritten', detail, Buffer.from(json));
  yield variant('body-encoding', 'read as UTF-8, with invalid bytes replaced', Buffer.from(text));
  yield variant('body-encoding', 'read as Latin-1 and written as UTF-8', Buffer.from(latin1));
  yield variant('body-encoding', 'read as UTF-8 and written as Latin-1', bytes(text));
  yield variant('body-normalized', 'with its Unicode composed (NFC)', Buffer.from(text.normalize('NFC')));
  yield variant('body-normalized', 'with its Unicode decomposed (NFD)', Buffer.from(text.normalize('NFD')));
  yield variant('body-empty', 'empty', Buffer.alloc(0));
}

function withoutLineBreaksAtEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n' || text[end - 1] === '\r') end--;
  return text.slice(0, end);
}
