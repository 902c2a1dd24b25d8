import { Buffer } from 'node:buffer';

export const LIMIT_BYTES: number = 1024 * 1024;

/** A body that a careless stack would change, so that its signature would no longer match. */
export interface FidelityCase {
  readonly name: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunkBytes?: number;
  /** False if the bytes are not an event, although they are authentic. */
  readonly isEvent?: boolean;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const text = (json: string) => Buffer.from(json, 'utf8');
const event = (data: string) => text(`{"type":"fidelity","id":"1","data":${data}}`);

export const FIDELITY_CASES: readonly FidelityCase[] = [
  { name: 'plain JSON', body: event('{"a":1}') },
  { name: 'a byte order mark', body: text('\uFEFF{"type":"fidelity","id":"1"}') },
  {
    name: 'bytes that are not UTF-8, in a string',
    body: Buffer.concat([
      text('{"type":"fidelity","id":"1","data":"'),
      Buffer.from([0xff, 0xfe, 0xc3]),
      text('"}'),
    ]),
  },
  { name: 'a replacement character that was sent', body: event('"\uFFFD"') },
  {
    name: 'CRLF and a trailing newline',
    body: text('{\r\n "type":"fidelity",\r\n "id":"1"\r\n}\r\n'),
  },
  {
    name: 'white space around the JSON',
    body: text(' \t\n{"type" : "fidelity" , "id" : "1"} \n\n'),
  },
  { name: 'escaped slashes', body: event('"https:\\/\\/a.b\\/c"') },
  { name: 'unicode escapes', body: event('"\\u00eb \\u2028 \\uD83E\\uDD53"') },
  { name: 'the same characters unescaped', body: event('"ë \u2028 🥓"') },
  { name: 'an escaped lone surrogate', body: event('"\\ud800"') },
  { name: 'decomposed characters', body: event('"e\u0301"') },
  { name: 'an escaped NUL', body: event('"\\u0000"') },
  {
    name: 'duplicate keys',
    body: text('{"id":"0","type":"fidelity","id":"1","data":1,"data":2}'),
  },
  { name: 'keys that are numbers', body: event('{"b":1,"2":1,"a":1,"1":1}') },
  {
    name: 'numbers in other spellings',
    body: event('[1.0,1e2,1E+2,-0,0.10,1e-7,100000000000000000000]'),
  },
  {
    name: 'numbers that no double can hold',
    body: event('[12345678901234567890,0.1234567890123456789,1e400]'),
  },
  {
    name: 'keys that reach prototypes',
    body: event('{"__proto__":{"a":1},"constructor":{"prototype":{"b":1}}}'),
  },
  { name: 'deep nesting', body: event(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) },
  { name: 'many small chunks', body: event(`"${'chunk '.repeat(500)}"`), chunkBytes: 7 },
  {
    name: 'characters split between chunks',
    body: event(`"${'ë🥓'.repeat(200)}"`),
    chunkBytes: 5,
  },
  { name: 'no Content-Type', body: event('{}'), headers: {} },
  { name: 'text/plain', body: event('"ë"'), headers: { 'content-type': 'text/plain' } },
  {
    name: 'an odd charset',
    body: event('"ë"'),
    headers: { 'content-type': 'application/json; charset=iso-8859-1' },
  },
  {
    name: 'an unknown charset',
    body: event('"ë"'),
    headers: { 'content-type': 'application/json; charset=x-unknown' },
  },
  {
    name: 'a form’s Content-Type',
    body: event('"a=b&c=%20"'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  },
  {
    name: 'a multipart Content-Type',
    body: event('{}'),
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  },
  { name: 'an invalid Content-Type', body: event('{}'), headers: { 'content-type': ';;;' } },
  {
    name: 'Content-Encoding identity',
    body: event('{}'),
    headers: { ...JSON_TYPE, 'content-encoding': 'identity' },
  },
  { name: 'an empty body', body: Buffer.alloc(0), isEvent: false },
  { name: 'text that is not JSON', body: text('type=fidelity'), isEvent: false },
  { name: 'UTF-16', body: Buffer.from('\uFEFF{"type":"fidelity","id":"1"}', 'utf16le'), isEvent: false },
  {
    name: 'every possible byte',
    body: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
    isEvent: false,
  },
  { name: '1 MiB minus one', body: sized(LIMIT_BYTES - 1) },
  { name: 'exactly the limit', body: sized(LIMIT_BYTES) },
  { name: 'exactly the limit, chunked', body: sized(LIMIT_BYTES), chunkBytes: 64 * 1024 },
].map((fidelityCase) => ({ headers: JSON_TYPE, ...fidelityCase }));

/** An event of exactly this many bytes. */
export function sized(bytes: number): Buffer {
  const frame = event('""');
  return event(`"${'x'.repeat(bytes - frame.byteLength)}"`);
}

/** The same bytes with one bit changed in the middle. An empty body becomes one byte. */
export function flipped(body: Buffer): Buffer {
  if (body.byteLength === 0) return Buffer.from(' ');
  const copy = Buffer.from(body);
  const middle = copy.byteLength >> 1;
  copy.writeUInt8(copy.readUInt8(middle) ^ 1, middle);
  return copy;
}
