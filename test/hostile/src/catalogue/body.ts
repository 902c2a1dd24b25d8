import { gzipSync } from 'node:zlib';
import { event, type HostileDelivery, LIMIT_BYTES, PAYLOAD, TYPE, text } from '../entry.ts';

const NO_EVENT = '400 BODY_INVALID';

const body = (
  name: string,
  bytes: Buffer | (() => Buffer),
  expected: string,
  reason: string,
): HostileDelivery => ({
  name: `body: ${name}`,
  body: bytes,
  expected,
  reason,
});

const data = (json: string) => text(`{"type":"${TYPE}","id":"hostile-1","data":${json}}`);
const AUTHENTIC = 'it is authentic but not a JSON object, so no retry helps, and it becomes a dead letter';
const EVENT = 'an authentic event is rejected only if it has no usable type or id';
const bomb = () => gzipSync(Buffer.alloc(50 * LIMIT_BYTES));

/** An event of exactly so many bytes. */
const eventOf = (bytes: number) => event('x'.repeat(bytes - event('').length));

export const BODIES: readonly HostileDelivery[] = [
  body('empty', text(''), NO_EVENT, AUTHENTIC),
  body('white space', text(' \n\t\r '), NO_EVENT, AUTHENTIC),
  body('null', text('null'), NO_EVENT, AUTHENTIC),
  body('true', text('true'), NO_EVENT, AUTHENTIC),
  body('an array', text('[]'), NO_EVENT, AUTHENTIC),
  body('an array of an event', text(`[{"type":"${TYPE}","id":"1"}]`), NO_EVENT, AUTHENTIC),
  body('a string', text(`"${PAYLOAD}"`), NO_EVENT, AUTHENTIC),
  body('a number', text('1'), NO_EVENT, AUTHENTIC),
  body('truncated', text(`{"type":"${TYPE}","id":"1","data":{"a":`), NO_EVENT, AUTHENTIC),
  body('a brace too many', text(`{"type":"${TYPE}","id":"1"}}`), NO_EVENT, AUTHENTIC),
  body('two events', text(`{"type":"${TYPE}","id":"1"}{"type":"${TYPE}","id":"2"}`), NO_EVENT, AUTHENTIC),
  body('comments', text(`{"type":"${TYPE}",/* ${PAYLOAD} */"id":"1"}`), NO_EVENT, AUTHENTIC),
  body('a trailing comma', text(`{"type":"${TYPE}","id":"1",}`), NO_EVENT, AUTHENTIC),
  body('single quotes', text(`{'type':'${TYPE}','id':'1'}`), NO_EVENT, AUTHENTIC),
  body('unquoted keys', text(`{type:"${TYPE}",id:"1"}`), NO_EVENT, AUTHENTIC),
  body('NaN as a number', data('NaN'), NO_EVENT, AUTHENTIC),
  body('JavaScript', text('require("child_process").execSync("id")'), NO_EVENT, AUTHENTIC),
  body(
    'XML with an entity',
    text('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
    NO_EVENT,
    AUTHENTIC,
  ),
  body('a form', text(`type=${TYPE}&id=1`), NO_EVENT, AUTHENTIC),
  body(
    'UTF-16 with a byte order mark',
    Buffer.from(`\uFEFF{"type":"${TYPE}","id":"1"}`, 'utf16le'),
    NO_EVENT,
    AUTHENTIC,
  ),
  body('UTF-16 without one', Buffer.from(`{"type":"${TYPE}","id":"1"}`, 'utf16le'), NO_EVENT, AUTHENTIC),
  body('only a byte order mark', text('\uFEFF'), NO_EVENT, AUTHENTIC),
  body('two byte order marks', text(`\uFEFF\uFEFF{"type":"${TYPE}","id":"1"}`), NO_EVENT, AUTHENTIC),
  body('a raw NUL in a string', data('"\0"'), NO_EVENT, AUTHENTIC),
  body(
    'random bytes',
    Buffer.from(Array.from({ length: 1024 }, (_, index) => (index * 7919) % 256)),
    NO_EVENT,
    AUTHENTIC,
  ),
  body('gzip without a Content-Encoding', () => gzipSync(event({})), NO_EVENT, 'it is never decompressed'),
  body('a gzip bomb without a Content-Encoding', bomb, NO_EVENT, 'it is never decompressed'),
  body('10,000 open arrays', text('['.repeat(10_000)), NO_EVENT, AUTHENTIC),
  body('10,000 open objects', text('{"a":'.repeat(10_000)), NO_EVENT, AUTHENTIC),
  body('exactly the limit', () => eventOf(LIMIT_BYTES), '200 handled', EVENT),
  body(
    'one byte over the limit',
    () => eventOf(LIMIT_BYTES + 1),
    '503 EVENT_TOO_LARGE',
    'it is authentic, so the limit is our trouble',
  ),
  body(
    'four times the limit',
    () => eventOf(4 * LIMIT_BYTES),
    '503 EVENT_TOO_LARGE',
    'it is authentic, so the limit is our trouble',
  ),
  body(
    'one byte over four times the limit',
    () => eventOf(4 * LIMIT_BYTES + 1),
    '413 BODY_TOO_LARGE',
    'nobody reads it to find out whether it is authentic',
  ),
  body(
    'ten times the limit',
    () => eventOf(10 * LIMIT_BYTES),
    '413 BODY_TOO_LARGE',
    'it is over four times maxBodyBytes, and is never kept',
  ),

  body('a byte order mark', text(`\uFEFF{"type":"${TYPE}","id":"hostile-1"}`), '200 handled', EVENT),
  body(
    'bytes that are not UTF-8',
    Buffer.concat([
      text(`{"type":"${TYPE}","id":"hostile-1","data":"`),
      Buffer.from([0xc0, 0xaf, 0xff]),
      text('"}'),
    ]),
    '200 handled',
    EVENT,
  ),
  body('an escaped NUL', data('"\\u0000"'), '200 handled', EVENT),
  body('lone surrogates', data('"\\ud800\\udfff\\ud800"'), '200 handled', EVENT),
  body(
    '10,000-deep nesting',
    data(`${'['.repeat(10_000)}${']'.repeat(10_000)}`),
    '200 handled',
    'neither parsing nor the walk uses recursion',
  ),
  body(
    '10,000-deep nesting around a risky key',
    data(`${'['.repeat(10_000)}{"__proto__":1}${']'.repeat(10_000)}`),
    '200 handled',
    'the walk uses a list and no recursion',
  ),
  body(
    '100,000 keys',
    () => data(`{${Array.from({ length: 100_000 }, (_, index) => `"${index}":0`).join()}}`),
    '200 handled',
    EVENT,
  ),
  body(
    '1,000,000 keys',
    () => data(`{${Array.from({ length: 1_000_000 }, (_, index) => `"${index}":0`).join()}}`),
    '413 BODY_TOO_LARGE',
    'that does not fit into 4 MiB',
  ),
  body(
    '50,000 repeated keys',
    () => data(`{${Array.from({ length: 50_000 }, (_, index) => `"k${index % 7}":0`).join()}}`),
    '200 handled',
    EVENT,
  ),
  body(
    'a number of 100,000 digits',
    data('9'.repeat(100_000)),
    '200 handled',
    'a double stores it as Infinity',
  ),
  body('a number with a huge exponent', data('1e999999999'), '200 handled', 'a double stores it as Infinity'),
  body(
    'duplicate keys',
    text(`{"type":"x","id":"0","type":"${TYPE}","id":"hostile-1"}`),
    '200 handled',
    'the last one counts, as in every JSON parser',
  ),
  body('a "__proto__"', data('{"__proto__":{"isAdmin":true}}'), '200 handled', 'the key is removed'),
  body(
    'a "__proto__" in escapes',
    data('{"\\u005f\\u005fproto\\u005f\\u005f":{"isAdmin":true}}'),
    '200 handled',
    'the key is removed',
  ),
  body(
    'a "constructor.prototype"',
    data('{"constructor":{"prototype":{"isAdmin":true}}}'),
    '200 handled',
    'the key is removed',
  ),
  body(
    'a "__proto__" of the envelope',
    text(`{"__proto__":{"type":"x"},"type":"${TYPE}","id":"hostile-1"}`),
    '200 handled',
    'the key is removed',
  ),
  body(
    'a "toString" that is not a function',
    data('{"toString":1,"valueOf":1,"toJSON":1,"then":1}'),
    '200 handled',
    'nothing calls it',
  ),
  body(
    'a "then" at the top',
    text(`{"then":{},"type":"${TYPE}","id":"hostile-1"}`),
    '200 handled',
    'the event is not a promise',
  ),

  {
    name: 'body: a gzip bomb with a Content-Encoding',
    body: bomb,
    headers: (good) => ({ ...good, 'content-encoding': 'gzip' }),
    expected: '415 ENCODING_UNSUPPORTED',
    reason: 'signed bytes are never decompressed',
  },
  {
    name: 'body: four times the limit, and forged',
    sentBody: () => eventOf(4 * LIMIT_BYTES),
    expected: '401 SIGNATURE_MISMATCH',
    reason: 'a size of its own choice tells a forger nothing',
  },
  {
    name: 'body: another body with the same signature',
    sentBody: () => event('another'),
    expected: '401 SIGNATURE_MISMATCH',
    reason: 'the signature is over the body',
  },
  {
    name: 'body: the same JSON with other white space',
    sentBody: (signed) => text(JSON.stringify(JSON.parse(signed.toString()), null, 1)),
    expected: '401 SIGNATURE_MISMATCH',
    reason: 'the signature is over the bytes',
  },
  {
    name: 'body: with a newline after it',
    sentBody: (signed) => Buffer.concat([signed, text('\n')]),
    expected: '401 SIGNATURE_MISMATCH',
    reason: 'the signature is over the bytes',
  },
  {
    name: 'body: empty, although one was signed',
    sentBody: () => text(''),
    expected: '401 SIGNATURE_MISMATCH',
    reason: 'the signature is over the bytes',
  },
];
