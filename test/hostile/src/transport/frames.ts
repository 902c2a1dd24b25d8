// The frames of HTTP/2 (RFC 9113, section 6), as far as an attacker needs them.

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8 } as const;

export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** The most bytes that a frame may have if nothing else was agreed. */
export const MAX_FRAME_BYTES = 16_384;

const HEAD_BYTES = 9;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A payload of one number: an error code, or the growth of a window. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Takes the whole frames from the beginning of some bytes, and gives the rest. */
export function readFrames(bytes: Buffer): { readonly frames: readonly Frame[]; readonly rest: Buffer } {
  const frames: Frame[] = [];
  let at = 0;
  while (bytes.length - at >= HEAD_BYTES) {
    const end = at + HEAD_BYTES + bytes.readUIntBE(at, 3);
    if (bytes.length < end) break;
    const [type, flags, stream] = [
      bytes.readUInt8(at + 3),
      bytes.readUInt8(at + 4),
      bytes.readUInt32BE(at + 5),
    ];
    frames.push({ type, flags, stream, payload: bytes.subarray(at + HEAD_BYTES, end) });
    at = end;
  }
  return { frames, rest: bytes.subarray(at) };
}

/** Headers in the order given. Each is literal text without compression, so every byte is sent as it is. */
export function headerBlock(headers: readonly (readonly [name: string, value: string])[]): Buffer {
  const literal = Buffer.from([0]);
  return Buffer.concat(headers.flatMap(([name, value]) => [literal, textOf(name), textOf(value)]));
}

/** A header block in as many frames as it needs. */
export function headerFrames(stream: number, block: Buffer, flags: number = 0): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += MAX_FRAME_BYTES) {
    const isLast = at + MAX_FRAME_BYTES >= block.length;
    const type = at === 0 ? FRAME.headers : FRAME.continuation;
    const own = (at === 0 ? flags : 0) | (isLast ? FLAG.endHeaders : 0);
    frames.push(frame(type, own, stream, block.subarray(at, at + MAX_FRAME_BYTES)));
  }
  return Buffer.concat(frames);
}

/** Text with its length before it, in the integers of RFC 7541, section 5.1. */
function textOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  while (rest >= 128) {
    length.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

// RFC 7541, appendix A: the statuses that have a number of their own.
const INDEXED_STATUS: Readonly<Record<number, number>> = {
  8: 200,
  9: 204,
  10: 206,
  11: 304,
  12: 400,
  13: 404,
  14: 500,
};

/** Reads the status from the beginning of a response's header block, where it must be. */
export function readStatus(block: Buffer): number {
  const [first = 0, length = 0] = block;
  // The highest bit says that name and value are in the table of RFC 7541, and else the name alone is.
  if (first >= 128) return INDEXED_STATUS[first - 128] ?? Number.NaN;
  const isCompressed = length >= 128;
  const value = block.subarray(2, 2 + (length % 128));
  return Number(isCompressed ? readDigits(value) : value.toString());
}

/** Reads digits in the code of RFC 7541, appendix B: five bits for 0, 1 and 2, and six for the others. */
function readDigits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let digits = '';
  for (let at = 0; digits.length < 3; ) {
    const isShort = bits.startsWith('000', at);
    const code = Number.parseInt(bits.slice(at, at + (isShort ? 5 : 6)), 2);
    digits += isShort ? code : code - 22;
    at += isShort ? 5 : 6;
  }
  return digits;
}
