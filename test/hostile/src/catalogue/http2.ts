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
