import { SIGNATURE_HEADER } from '@showpad-webhooks/core';
import {
  FLAG,
  FRAME,
  frame,
  headerBlock,
  headerFrames,
  MAX_FRAME_BYTES,
  uint32,
} from '../transport/frames.ts';
import { dataFrames, fieldsOf, type Http2Upload, STREAM } from '../transport/http2.ts';

/** The parts of a good delivery, to be sent in a bad way. */
interface Parts {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Frames on a bare connection, and the statuses that may come back. `none`: the stream or connection closes without one. */
export interface Http2Attack {
  readonly name: string;
  readonly send: (sender: Http2Upload, parts: Parts) => Promise<void>;
  readonly expected: readonly (number | 'none')[];
  readonly reason: string;
  /** True if the client ends the connection after sending, because nothing need come back. */
  readonly endsAfter?: boolean;
}

type Field = [name: string, value: string];

const headersOf = ({ url, headers }: Parts, more: readonly Field[] = []) =>
  headerFrames(STREAM, headerBlock([...fieldsOf(url, 'POST', headers), ...more]));
const end = () => frame(FRAME.data, FLAG.endStream, STREAM);
const reset = (code: number, stream: number = STREAM) => frame(FRAME.reset, 0, stream, uint32(code));

/** An attack of frames that are sent at once. */
const attack = (
  name: string,
  frames: (parts: Parts) => readonly Buffer[],
  expected: Http2Attack['expected'],
  reason: string,
  endsAfter = false,
): Http2Attack => ({
  name: `http2: ${name}`,
  send: async (sender, parts) => sender.writeFrames(Buffer.concat(frames(parts))),
  expected,
  reason,
  endsAfter,
});

/** A good delivery whose header fields are changed. */
const fields = (name: string, change: (good: readonly Field[]) => readonly Field[], reason: string) =>
  attack(
    name,
    ({ url, headers, body }) => [
      headerFrames(STREAM, headerBlock(change(fieldsOf(url, 'POST', headers)))),
      dataFrames(body),
      end(),
    ],
    ['none'],
    reason,
  );

const MALFORMED = 'HTTP/2 calls it malformed, and Node refuses it';
const BROKEN = 'it breaks the protocol, and Node closes the connection';
const HALF = 'half a body is not a body';

export const HTTP2_ATTACKS: readonly Http2Attack[] = [
  {
    name: 'http2: one byte a frame',
    send: async (sender, parts) => {
      sender.writeFrames(headersOf(parts));
      await sender.writeBody(parts.body, { frameBytes: 1, ends: true });
    },
    expected: [200],
    reason: 'the body is the same',
  },
  {
    name: 'http2: a body over the limit, without a length',
    send: async (sender, parts) => {
      sender.writeFrames(headersOf(parts));
      await sender.writeBody(Buffer.alloc(20_000_000, 'x'));
    },
    expected: [413],
    reason: 'bytes are counted as they arrive, and the upload is ended',
  },
  attack(
    'padded frames',
    (parts) => [
      headersOf(parts),
      ...[...parts.body].map((byte) =>
        frame(FRAME.data, FLAG.padded, STREAM, Buffer.concat([Buffer.from([99, byte]), Buffer.alloc(99)])),
      ),
      end(),
    ],
    [200],
    'padding is not a part of the body',
  ),
  attack(
    '5,000 empty frames',
    (parts) => [
      headersOf(parts),
      ...Array.from({ length: 5_000 }, () => frame(FRAME.data, 0, STREAM)),
      dataFrames(parts.body),
      end(),
    ],
    [200, 'none'],
    'they are no part of the body, and Node may lose patience',
  ),
  attack(
    'trailers',
    (parts) => [
      headersOf(parts),
      dataFrames(parts.body),
      headerFrames(STREAM, headerBlock([[SIGNATURE_HEADER, 'x']]), FLAG.endStream),
    ],
    [200],
    'headers after the body are not read',
  ),
  attack(
    'a signature only in the trailers',
    ({ url, headers: { [SIGNATURE_HEADER]: signature = '', ...headers }, body }) => [
      headersOf({ url, headers, body }),
      dataFrames(body),
      headerFrames(STREAM, headerBlock([[SIGNATURE_HEADER, signature]]), FLAG.endStream),
    ],
    [401],
    'only headers count',
  ),
  attack(
    'half a body and a cancellation',
    (parts) => [headersOf(parts), halfOf(parts), reset(8)],
    ['none'],
    HALF,
    true,
  ),
  attack(
    'half a body and a reset without an error',
    (parts) => [headersOf(parts), halfOf(parts), reset(0)],
    ['none'],
    HALF,
    true,
  ),
  attack(
    'half a body that ends, and a cancellation',
    (parts) => [headersOf(parts), halfOf(parts), end(), reset(8)],
    ['none', 401],
    HALF,
    true,
  ),
  attack(
    'half a body and the end of the connection',
    (parts) => [headersOf(parts), halfOf(parts), frame(FRAME.goAway, 0, 0, Buffer.alloc(8))],
    ['none'],
    HALF,
    true,
  ),
  attack(
    'a body that goes on after its end',
    (parts) => [
      headersOf(parts),
      halfOf(parts),
      end(),
      dataFrames(parts.body.subarray(parts.body.length >> 1)),
    ],
    [401, 'none'],
    'what comes after the end is not a part of the body',
  ),
  attack('a body on a stream that was never opened', ({ body }) => [dataFrames(body)], ['none'], BROKEN),
  attack(
    'a frame over the size that was agreed',
    (parts) => [headersOf(parts), frame(FRAME.data, 0, STREAM, Buffer.alloc(MAX_FRAME_BYTES + 1))],
    ['none'],
    BROKEN,
  ),
  attack(
    'a body over the window',
    (parts) => [headersOf(parts), dataFrames(Buffer.alloc(1_000_000)), end()],
    [401, 'none'],
    'Node refuses it unless it has read the beginning already',
  ),
  attack(
    'headers that cannot be decompressed',
    () => [frame(FRAME.headers, FLAG.endHeaders, STREAM, Buffer.alloc(50, 0xff))],
    ['none'],
    BROKEN,
  ),
  attack(
    'headers without an end',
    () => [
      frame(FRAME.headers, 0, STREAM),
      ...Array.from({ length: 1_000 }, () => frame(FRAME.continuation, 0, STREAM, Buffer.alloc(1_000))),
    ],
    ['none'],
    BROKEN,
  ),
  attack(
    'a window that grows by nothing',
    (parts) => [headersOf(parts), frame(FRAME.windowUpdate, 0, STREAM, uint32(0))],
    ['none'],
    BROKEN,
  ),
  attack(
    'a window that overflows',
    (parts) => [headersOf(parts), frame(FRAME.windowUpdate, 0, 0, uint32(2 ** 31 - 1))],
    ['none'],
    BROKEN,
  ),
  attack(
    '1,000 streams that are cancelled at once',
    (parts) => {
      const block = headerBlock(fieldsOf(parts.url, 'POST', parts.headers));
      const streams = Array.from({ length: 1_000 }, (_, index) => 2 * index + 3);
      return [
        ...streams.flatMap((stream) => [headerFrames(stream, block), reset(8, stream)]),
        frame(FRAME.windowUpdate, 0, 0, uint32(0)),
      ];
    },
    ['none'],
    'nothing of them was whole, and the connection ends in a protocol error',
  ),
  attack(
    'a forged delivery on another stream',
    (parts) => [
      headersOf(parts),
      headerFrames(STREAM + 2, headerBlock(fieldsOf(parts.url, 'POST', parts.headers))),
      frame(FRAME.data, FLAG.endStream, STREAM + 2, Buffer.from('{}')),
      dataFrames(parts.body),
      end(),
    ],
    [200],
    'each stream gets its own answer',
  ),
  attack('something that is not HTTP/2', () => [Buffer.from('GET / HTTP/1.1\r\n\r\n')], ['none'], BROKEN),
  fields('a name in upper case', (good) => [...good, ['X-Upper', 'a']], MALFORMED),
  fields('a header "connection"', (good) => [...good, ['connection', 'keep-alive']], MALFORMED),
  fields('no path', (good) => good.filter(([name]) => name !== ':path'), MALFORMED),
  fields('no method', (good) => good.filter(([name]) => name !== ':method'), MALFORMED),
  fields('two paths', (good) => [[':path', '/other'], ...good], MALFORMED),
  fields(
    'a path after the headers',
    (good) => [...good.filter(([name]) => name !== ':path'), ...good],
    MALFORMED,
  ),
  fields('an unknown pseudo-header', (good) => [[':signature', 'a'], ...good], MALFORMED),
  fields(
    '129 headers',
    (good) => [...good, ...Array.from({ length: 129 }, (_, index): Field => [`x-${index}`, 'a'])],
    'Node accepts 128',
  ),
];

function halfOf({ body }: Parts): Buffer {
  return dataFrames(body.subarray(0, body.length >> 1));
}

const CHUNKS = 'HTTP/2 has frames in place of chunks';
const LINES = 'HTTP/2 has no request line and no header lines';
const STREAMS = 'the entries for HTTP/2 have it with frames';

/** The entries for HTTP/1.1 that make no sense on HTTP/2, and why. */
export const LEFT_OUT_ON_HTTP2: Readonly<Record<string, string>> = {
  'http: an invalid chunk size': CHUNKS,
  'http: a chunk without an end': CHUNKS,
  'http: a chunk extension of 20 kB': CHUNKS,
  'http: a chunk extension': CHUNKS,
  'http: one byte a chunk': STREAMS,
  'http: chunks over the limit': STREAMS,
  'http: trailers': STREAMS,
  'http: a signature only in the trailers': STREAMS,
  'http: a folded header': LINES,
  'http: no Host': 'it is about HTTP/1.0',
  'http: HTTP/0.9': LINES,
  'http: HTTP/3.0 on the line': LINES,
  'http: something that is not HTTP': STREAMS,
  'http: a forged request after a good one': STREAMS,
};

/** Answers that HTTP/2 changes. `none`: the stream or connection closes without an answer. */
export const ON_HTTP2: Readonly<Record<string, string>> = {
  'signature: 1 MB long': 'none',
  'signature: 1 MB of signatures': 'none',
  'timestamp: 100,000 digits': 'none',
  // Node leaves out a header that has characters which HTTP does not allow.
  'signature: a NUL byte after it': '401 SIGNATURE_MISSING',
  'signature: a control byte in it': '401 SIGNATURE_MISSING',
  'signature: a delete byte after it': '401 SIGNATURE_MISSING',
  'signature: a line break and a header': '401 SIGNATURE_MISSING',
  'timestamp: a NUL after it': '401 TIMESTAMP_MISSING',
  'http: a header without a name': '200',
  'http: a header with a space in its name': '200',
  // Node compares the length with the frames, and closes the stream.
  'http: Content-Length smaller than the body': 'none',
  'http: Content-Length 0': 'none',
  'http: Content-Length negative': 'none',
  'http: Content-Length hexadecimal': 'none',
  'http: Content-Length twice, and different': 'none',
  'http: Content-Length huge': 'none',
  'http: Content-Length over the limit, and no body': '413 none',
  // HTTP/2 has no Transfer-Encoding and no absolute form, and closes the stream.
  'http: Transfer-Encoding and Content-Length': 'none',
  'http: Transfer-Encoding that is unknown': 'none',
  'http: Transfer-Encoding twice': 'none',
  'http: an absolute URI': 'none',
  'http: an absolute URI of another path': 'none',
  // Node knows no methods of HTTP/2, and leaves them all to the app.
  'http: the method post': '404 405',
  'http: the method HACK': '404 405',
  // Node accepts 64 kB of headers, but no more than 128 of them.
  'http: the path of 20001 characters': '404 414',
  'http: a header of 16 kB': '200',
  'http: 900 headers': 'none',
};
