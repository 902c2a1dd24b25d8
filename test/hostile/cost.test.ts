import { once } from 'node:events';
import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER, verifySignature } from '@showpad-webhooks/core';
import { describe, expect, test } from 'vitest';
import { measureGrowth, SIZES } from './src/header-cost.ts';
import { measureHeldMemory, type ReadBody } from './src/held-memory.ts';

const KEY = 'cost-key';
const TIMESTAMP = 1_700_000_000;
const body = Buffer.from('{"type":"cost","id":"1"}');
const signature = sign(body, 'another-key', TIMESTAMP);

/** Repeats a text until it has exactly this length. */
const filled = (text: string) => (length: number) => text.repeat(length).slice(0, length);

function reject(headers: Readonly<Record<string, string>>): void {
  try {
    verifySignature({ body, headers, keys: KEY, nowMs: TIMESTAMP * 1_000 });
  } catch {
    return;
  }
  throw new Error('The delivery was accepted.');
}

/** Linear time, with room for noise. Quadratic time would be 5 times as much at the last size. */
function expectLinear(growth: readonly number[]): void {
  for (const [index, size] of SIZES.entries()) {
    expect(growth[index]).toBeLessThan((3 * size) / SIZES[0]);
  }
}

describe('the time to reject a header grows no faster than its length', () => {
  test.each([
    ['commas', filled(',')],
    ['spaces', filled(' ')],
    ['spaces, and a letter at the end', (length: number) => `${' '.repeat(length - 1)}a`],
    ['a letter, and spaces to the end', (length: number) => `a${' '.repeat(length - 1)}`],
    ['spaces between two letters', (length: number) => `a${' '.repeat(length - 2)}a`],
    ['spaces and commas', filled(' ,')],
    ['tabs and spaces', filled('\t ')],
    ['letters', filled('A')],
    ['padding', filled('=')],
    ['letters and padding', filled('AAA=')],
    ['wrong signatures', filled(`${signature},`)],
    ['wrong signatures, and spaces', filled(`${signature} , `)],
  ])('signature: %s', (_shape, headerOf) => {
    const timestamp = { [TIMESTAMP_HEADER]: String(TIMESTAMP) };
    expectLinear(measureGrowth((header) => reject({ ...timestamp, [SIGNATURE_HEADER]: header }), headerOf));
  });

  test.each([
    ['digits', filled('1')],
    ['zeros', filled('0')],
    ['spaces', filled(' ')],
    ['digits, and a letter at the end', (length: number) => `${'1'.repeat(length - 1)}a`],
  ])('timestamp: %s', (_shape, headerOf) => {
    const signed = { [SIGNATURE_HEADER]: signature };
    expectLinear(measureGrowth((header) => reject({ ...signed, [TIMESTAMP_HEADER]: header }), headerOf));
  });

  test('the measurement notices quadratic time', { timeout: 30_000 }, () => {
    // eslint-disable-next-line regexp/no-super-linear-move -- it is the example of quadratic time
    const isSlow = (header: string) => void / +$/.test(header);
    const growth = measureGrowth(isSlow, (length) => `${' '.repeat(length - 1)}a`, 1);
    expect(() => expectLinear(growth)).toThrow();
  });
});

describe.each(['HTTP/1.1', 'HTTP/2'] as const)('a body that comes one byte at a time over %s', (protocol) => {
  /** One byte more than a power of two, after which a buffer that doubles is half empty. */
  const BODY_BYTES = 2 ** 20 + 1;

  test('takes no more memory than about twice its size', { timeout: 30_000 }, async () => {
    expect(await measureHeldMemory(protocol, BODY_BYTES)).toBeLessThan(2.5);
  });

  test('the measurement notices a reader that keeps every piece', { timeout: 30_000 }, async () => {
    const keepPieces: ReadBody = async (req) => {
      const pieces: Buffer[] = [];
      req.on('data', (piece: Buffer) => pieces.push(piece));
      await once(req, 'end');
      return Buffer.concat(pieces);
    };
    expect(await measureHeldMemory(protocol, 2 ** 18, keepPieces)).toBeGreaterThan(40);
  });
});
