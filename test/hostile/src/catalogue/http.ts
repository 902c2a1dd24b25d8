import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from '@showpad-webhooks/core';

/** The parts of a good delivery, to be sent in a bad way. */
interface Parts {
  readonly path: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Bytes on a bare connection, and the statuses that may come back. `none`: the connection closes without one. */
export interface HttpAttack {
  readonly name: string;
  readonly bytes: (parts: Parts) => Buffer;
  /** What the bytes say, for protocols that write it in another way. */
  readonly request: (parts: Parts) => HttpRequest;
  readonly expected: readonly (number | 'none')[];
  readonly reason: string;
  /** True if the delivery may be handled, because it is a good one in an odd form. */
  readonly isGood?: boolean;
  /** True if the client ends its side after sending. */
  readonly endsAfter?: boolean;
}

const CRLF = '\r\n';

/** What differs from a good delivery. */
export interface HttpRequest {
  /** True if another request follows on the connection. */
  readonly keepsOpen?: boolean;
  readonly line?: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer | string;
}

function compose({ host, headers, path, body }: Parts, request: HttpRequest): Buffer {
  const { line = `POST ${path} HTTP/1.1`, headers: extra = [`content-length: ${body.length}`] } = request;
  const lines = [
    line,
    `host: ${host}`,
    ...Object.entries(headers).map((pair) => pair.join(': ')),
    ...(request.keepsOpen ? [] : ['connection: close']),
    ...extra,
  ];
  return Buffer.concat([
    Buffer.from(lines.join(CRLF) + CRLF + CRLF, 'latin1'),
    Buffer.from(request.body ?? body),
  ]);
}

const attack = (
  name: string,
  request: (parts: Parts) => HttpRequest,
  expected: HttpAttack['expected'],
  reason: string,
  more: Partial<HttpAttack> = {},
): HttpAttack => ({
  name: `http: ${name}`,
  bytes: (parts) => compose(parts, request(parts)),
  request,
  expected,
  reason,
  ...more,
});

const chunked = (body: Buffer, extension = '') =>
  `${body.length.toString(16)}${extension}${CRLF}${body.toString('latin1')}${CRLF}0${CRLF}${CRLF}`;
const method = (name: string, expected: HttpAttack['expected'] = [405]) =>
  attack(
    `the method ${name}`,
    ({ path }) => ({ line: `${name} ${path} HTTP/1.1` }),
    expected,
    'only POST is accepted',
  );
const path = (given: string, expected: HttpAttack['expected'] = [404]) =>
  attack(
    `the path ${given.length > 40 ? `of ${given.length} characters` : given}`,
    () => ({ line: `POST ${given} HTTP/1.1` }),
    expected,
    'the path is compared letter by letter',
  );

export const HTTP_ATTACKS: readonly HttpAttack[] = [
  attack(
    'Content-Length larger than the body',
    ({ body }) => ({ headers: [`content-length: ${body.length + 10}`] }),
    [400, 503, 'none'],
    'half a body is not a body',
    { endsAfter: true },
  ),
  attack(
    'Content-Length smaller than the body',
    ({ body }) => ({ headers: [`content-length: ${body.length - 10}`] }),
    [400, 401],
    'half a body is not what was signed',
  ),
  attack(
    'Content-Length 0',
    () => ({ headers: ['content-length: 0'] }),
    [400, 401],
    'an empty body is not what was signed',
  ),
  attack('Content-Length negative', () => ({ headers: ['content-length: -1'] }), [400], 'Node refuses it'),
  attack(
    'Content-Length hexadecimal',
    () => ({ headers: ['content-length: 0x10'] }),
    [400],
    'Node refuses it',
  ),
  attack(
    'Content-Length twice, and different',
    ({ body }) => ({ headers: [`content-length: ${body.length}`, 'content-length: 5'] }),
    [400],
    'Node refuses it',
  ),
  attack(
    'Content-Length huge',
    () => ({ headers: ['content-length: 99999999999999999999'] }),
    [400, 413],
    'it is rejected before a byte is read',
  ),
  attack(
    'Content-Length over the limit, and no body',
    () => ({ headers: ['content-length: 5000000'], body: '' }),
    [413],
    'its headers are enough to reject it',
  ),
  attack(
    'Transfer-Encoding and Content-Length',
    ({ body }) => ({
      headers: [`content-length: ${body.length}`, 'transfer-encoding: chunked'],
      body: chunked(body),
    }),
    [400],
    'it is request smuggling, and Node refuses it',
  ),
  attack(
    'Transfer-Encoding that is unknown',
    () => ({ headers: ['transfer-encoding: cow'] }),
    [400, 401, 501, 503],
    'the end of the body is unknown',
  ),
  attack(
    'Transfer-Encoding twice',
    ({ body }) => ({
      headers: ['transfer-encoding: chunked', 'transfer-encoding: identity'],
      body: chunked(body),
    }),
    [400, 501],
    'it is request smuggling, and Node refuses it',
  ),
  attack(
    'an invalid chunk size',
    () => ({ headers: ['transfer-encoding: chunked'], body: `zz${CRLF}` }),
    [400, 'none'],
    'Node refuses it',
  ),
  attack(
    'a chunk without an end',
    () => ({ headers: ['transfer-encoding: chunked'], body: `5${CRLF}abc` }),
    [400, 503, 'none'],
    'half a body is not a body',
    { endsAfter: true },
  ),
  attack(
    'a chunk extension of 20 kB',
    ({ body }) => ({
      headers: ['transfer-encoding: chunked'],
      body: chunked(body, `;a=${'b'.repeat(20_000)}`),
    }),
    [400, 413, 'none'],
    'Node refuses it',
  ),
  attack(
    'a chunk extension',
    ({ body }) => ({ headers: ['transfer-encoding: chunked'], body: chunked(body, ';name=value') }),
    [200],
    'it is not a part of the body',
    { isGood: true },
  ),
  attack(
    'one byte a chunk',
    ({ body }) => ({
      headers: ['transfer-encoding: chunked'],
      body: `${[...body].map((byte) => `1${CRLF}${String.fromCharCode(byte)}${CRLF}`).join('')}0${CRLF}${CRLF}`,
    }),
    [200],
    'the body is the same',
    { isGood: true },
  ),
  attack(
    'chunks over the limit',
    () => ({ headers: ['transfer-encoding: chunked'], body: chunked(Buffer.alloc(5_000_000, 'x')) }),
    [413],
    'bytes are counted as they arrive',
  ),
  attack(
    'trailers',
    ({ body }) => ({
      headers: ['transfer-encoding: chunked', 'trailer: x-showpad-signature-v1'],
      body: chunked(body).replace(/\r\n$/, `x-showpad-signature-v1: x${CRLF}${CRLF}`),
    }),
    [200],
    'headers after the body are not read',
    { isGood: true },
  ),
  attack(
    'a signature only in the trailers',
    ({ body, headers }) => ({
      headers: ['transfer-encoding: chunked'],
      body: chunked(body).replace(/\r\n$/, `${SIGNATURE_HEADER}: ${headers[SIGNATURE_HEADER]}${CRLF}${CRLF}`),
    }),
    [200],
    'only the one in the headers counts',
    { isGood: true },
  ),
  attack(
    'Expect: 100-continue',
    ({ body }) => ({ headers: ['expect: 100-continue', `content-length: ${body.length}`] }),
    [100, 200],
    'Node asks for the body, and then it is read',
    { isGood: true },
  ),
  attack(
    'Expect that is unknown',
    ({ body }) => ({ headers: ['expect: a miracle', `content-length: ${body.length}`] }),
    [417],
    'Node refuses it',
  ),
  attack(
    'Upgrade to WebSocket',
    ({ body }) => ({ headers: ['upgrade: websocket', `content-length: ${body.length}`] }),
    [200, 400, 'none'],
    'the app offers no upgrade',
    { isGood: true },
  ),
  method('HEAD'),
  method('PUT'),
  method('DELETE'),
  method('PATCH'),
  method('GET'),
  method('OPTIONS', [405]),
  method('TRACE', [404, 405]),
  method('QUERY', [404, 405]),
  method('post', [400]),
  method('HACK', [400]),
  path('/webhooks/showpad/../showpad'),
  path('/webhooks/./showpad'),
  path('/webhooks//showpad'),
  path('//webhooks/showpad'),
  path('/webhooks/showpad/..;/'),
  path('/webhooks/showpad%00'),
  path('/webhooks/showpad%2f', [404]),
  path('/%77ebhooks/showpad'),
  path('/WEBHOOKS/SHOWPAD'),
  path('/webhooks\\showpad'),
  path(`/${'a'.repeat(8_000)}`),
  path(`/${'a'.repeat(20_000)}`, [431, 400, 414]),
  attack(
    'an absolute URI',
    ({ path: own }) => ({ line: `POST http://anything.example${own} HTTP/1.1` }),
    [200, 404],
    'the path is the same',
    { isGood: true },
  ),
  attack(
    'an absolute URI of another path',
    () => ({ line: 'POST http://anything.example/other HTTP/1.1' }),
    [404],
    'the path is another',
  ),
  attack(
    'a fragment in the path',
    ({ path: own }) => ({ line: `POST ${own}#x HTTP/1.1` }),
    [200, 400, 404],
    'a fragment is not a part of a path',
    { isGood: true },
  ),
  attack(
    'a header of 16 kB',
    () => ({ headers: [`x-long: ${'a'.repeat(16_384)}`] }),
    [431],
    'Node refuses it',
  ),
  attack(
    '900 headers',
    ({ body }) => ({
      headers: [
        ...Array.from({ length: 900 }, (_, index) => `x-${index}: a`),
        `content-length: ${body.length}`,
      ],
    }),
    [200, 431],
    'up to 16 kB they are only headers',
    { isGood: true },
  ),
  attack('a header without a name', () => ({ headers: [': empty'] }), [400], 'Node refuses it'),
  attack('a header with a space in its name', () => ({ headers: ['x bad: 1'] }), [400], 'Node refuses it'),
  attack('a folded header', () => ({ headers: ['x-folded: a', ' b'] }), [400], 'Node refuses it'),
  attack(
    'no Host',
    ({ path: own, body, headers }) => ({
      line: `POST ${own} HTTP/1.0`,
      headers: [`content-length: ${body.length}`, ...Object.entries(headers).map((pair) => pair.join(': '))],
    }),
    [200, 401, 400],
    'HTTP 1.0 does not need one, and the repeated timestamp is malformed',
    { isGood: true },
  ),
  attack(
    'HTTP/0.9',
    ({ path: own }) => ({ line: `POST ${own}` }),
    [200, 400, 505],
    'Node accepts a line without a version, Fastify may not, and the delivery is a good one',
    { isGood: true },
  ),
  attack(
    'HTTP/3.0 on the line',
    ({ path: own }) => ({ line: `POST ${own} HTTP/3.0` }),
    [400],
    'Node refuses it',
  ),
  attack(
    'something that is not HTTP',
    () => ({ line: '\x16\x03\x01\x02\x00\x01' }),
    [400, 'none'],
    'it is a TLS hello on a plain port',
  ),
  attack(
    'a forged request after a good one',
    ({ body, path: own, host }) => ({
      keepsOpen: true,
      headers: [`content-length: ${body.length}`],
      body: Buffer.concat([
        body,
        Buffer.from(
          `POST ${own} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`,
        ),
      ]),
    }),
    [200],
    'each request gets its own answer',
    { isGood: true },
  ),
  attack(
    'repeated timestamps',
    ({ headers, body }) => ({
      headers: [`${TIMESTAMP_HEADER}: ${headers[TIMESTAMP_HEADER]}`, `content-length: ${body.length}`],
    }),
    [401],
    'nobody can know which of them was signed',
  ),
  attack(
    'repeated signatures',
    ({ headers, body }) => ({
      headers: [`${SIGNATURE_HEADER}: ${headers[SIGNATURE_HEADER]}`, `content-length: ${body.length}`],
    }),
    [200],
    'together they are one list',
    { isGood: true },
  ),
  attack(
    'X-HTTP-Method-Override',
    ({ body }) => ({ headers: ['x-http-method-override: DELETE', `content-length: ${body.length}`] }),
    [200],
    'the header is ignored',
    { isGood: true },
  ),
  attack(
    'X-Original-URL',
    ({ body }) => ({
      line: 'POST /other HTTP/1.1',
      headers: ['x-original-url: /webhooks/showpad', `content-length: ${body.length}`],
    }),
    [404],
    'the header is ignored',
  ),
];
