import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { measureFlood, measureHeldMemory, type ReadBody } from './src/held-memory.ts';

describe.each(['HTTP/1.1', 'HTTP/2'] as const)('a body that comes one byte at a time over %s', (protocol) => {
  /** One byte more than a power of two, after which a buffer that doubles is half empty. */
  const BODY_BYTES = 2 ** 20 + 1;

  test('takes no more memory than about twice its size', async () => {
    expect(await measureHeldMemory(protocol, BODY_BYTES)).toBeLessThan(2.5);
  });

  test('the measurement notices a reader that keeps every piece', async () => {
    const keepPieces: ReadBody = async (req) => {
      const pieces: Buffer[] = [];
      req.on('data', (piece: Buffer) => pieces.push(piece));
      await once(req, 'end');
      return Buffer.concat(pieces);
    };
    expect(await measureHeldMemory(protocol, 2 ** 18, keepPieces)).toBeGreaterThan(40);
  });
});

describe.each(['HTTP/1.1', 'HTTP/2'] as const)(
  '60 uploads whose last byte is withheld over %s',
  (protocol) => {
    const MEBIBYTE = 2 ** 20;

    test('take no more memory than about twice the bytes that may be in flight', async () => {
      const held = await measureFlood(protocol, {
        uploads: 60,
        uploadBytes: MEBIBYTE,
        maxBytesInFlight: 8 * MEBIBYTE,
      });
      expect(held).toBeLessThan(2.5 * 8 * MEBIBYTE);
      // Otherwise nothing was measured.
      expect(held).toBeGreaterThan(7 * MEBIBYTE);
    });
  },
);
