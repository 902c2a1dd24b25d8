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

describe('a body in chunks of one byte', () => {
  const BODY_BYTES = 512 * 1024;

  test('takes no more memory than a few times its size', { timeout: 30_000 }, async () => {
    expect(await measureHeldMemory(BODY_BYTES)).toBeLessThan(4);
  });

  test('the measurement notices a reader that keeps every chunk', { timeout: 30_000 }, async () => {
    const keepChunks: ReadBody = async (req) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      await once(req, 'end');
      return Buffer.concat(chunks);
    };
    expect(await measureHeldMemory(BODY_BYTES, keepChunks)).toBeGreaterThan(40);
  });
});
