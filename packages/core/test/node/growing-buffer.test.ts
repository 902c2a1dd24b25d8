import { describe, expect, test } from 'vitest';
import { GrowingBuffer } from '../../src/node/growing-buffer.ts';

function collect(pieces: readonly Uint8Array[]): GrowingBuffer {
  const bytes = new GrowingBuffer();
  for (const piece of pieces) bytes.append(Buffer.from(piece));
  return bytes;
}

describe('a growing buffer', () => {
  test('has the bytes of its pieces', () => {
    expect(collect([]).toBuffer()).toEqual(Buffer.alloc(0));
    const bytes = collect([Buffer.from('ab'), Buffer.alloc(0), Buffer.from('cde')]);
    expect([bytes.length, bytes.toBuffer().toString()]).toEqual([5, 'abcde']);
  });

  test.each([1, 7, 4_096, 16_383, 16_384, 16_385, 70_000])('has them in pieces of %i bytes too', (size) => {
    const whole = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31) & 0xff));
    const bytes = new GrowingBuffer();
    for (let start = 0; start < whole.length; start += size) {
      if (bytes.length !== start) throw new Error(`The length is ${bytes.length}, and not ${start}.`);
      bytes.append(whole.subarray(start, start + size));
    }
    expect(bytes.length).toBe(whole.length);
    expect(bytes.toBuffer().equals(whole)).toBe(true);
  });

  test('does not copy a single piece, and does not write to it', () => {
    // `Buffer.from` takes short texts from a buffer that all share, and how large that is depends on the version of Node.
    const first = Buffer.alloc(3, 'abc');
    const bytes = new GrowingBuffer();
    bytes.append(first);
    expect(bytes.toBuffer().buffer).toBe(first.buffer);
    const slab = Buffer.alloc(6, 'abcdef');
    const grown = new GrowingBuffer();
    grown.append(slab.subarray(0, 3));
    grown.append(Buffer.from('xyz'));
    expect([grown.toBuffer().toString(), slab.toString()]).toEqual(['abcxyz', 'abcdef']);
    grown.append(Buffer.alloc(0));
    expect(grown.toBuffer().toString()).toBe('abcxyz');
  });

  test('copies a small part of a large buffer, which it would keep in memory', () => {
    const bytes = new GrowingBuffer();
    bytes.append(Buffer.alloc(65_536, 'x').subarray(10, 11));
    expect([bytes.length, bytes.toBuffer().toString()]).toEqual([1, 'x']);
    expect(bytes.toBuffer().buffer.byteLength).toBeLessThanOrEqual(16_384);
    bytes.append(Buffer.from('yz'));
    expect(bytes.toBuffer().toString()).toBe('xyz');
  });

  test.each([
    [16_384, 1, false],
    [16_385, 1, true],
    [65_536, 32_768, false],
    [65_536, 32_767, true],
  ])('of %i bytes, of which %i are the piece: copied is %s', (bufferBytes, pieceBytes, isCopied) => {
    const slab = Buffer.alloc(bufferBytes);
    const bytes = new GrowingBuffer();
    bytes.append(slab.subarray(0, pieceBytes));
    expect(bytes.toBuffer().buffer !== slab.buffer).toBe(isCopied);
  });

  test('takes no more memory while there is room', () => {
    const bytes = new GrowingBuffer();
    const piece = Buffer.alloc(5_000);
    for (let count = 1; count <= 2; count++) bytes.append(piece);
    const { buffer } = bytes.toBuffer();
    bytes.append(piece);
    expect(bytes.toBuffer().buffer).toBe(buffer);
  });

  test('is not larger than the length that was declared', () => {
    const bytes = new GrowingBuffer(35_000);
    const piece = Buffer.alloc(5_000, 'x');
    for (let count = 1; count <= 7; count++) bytes.append(piece);
    expect(bytes.toBuffer().buffer.byteLength).toBe(35_000);
    // No server lets more arrive, and yet nothing would be lost.
    bytes.append(piece);
    expect(bytes.toBuffer().equals(Buffer.alloc(40_000, 'x'))).toBe(true);
  });

  test('is never larger than twice its bytes, or 16 kB', () => {
    const bytes = new GrowingBuffer();
    const piece = Buffer.alloc(1_000);
    bytes.append(piece);
    for (let count = 2; count <= 2_000; count++) {
      bytes.append(piece);
      const { byteLength } = bytes.toBuffer().buffer;
      expect(byteLength).toBeLessThanOrEqual(Math.max(16_384, 2 * bytes.length));
    }
  });
});
