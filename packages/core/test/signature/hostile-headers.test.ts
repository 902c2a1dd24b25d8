import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER, verifySignature } from '@showpad-webhooks/core';
import { describe, expect, test } from 'vitest';
import { KEY, NOW_MS } from '../support.ts';

const NOW_SECONDS = NOW_MS / 1000;
const BODY = Buffer.from('{"type":"x","id":"1"}');
const OWN = sign(BODY, KEY, NOW_SECONDS);

function verify(signature: string): void {
  const headers = { [TIMESTAMP_HEADER]: String(NOW_SECONDS), [SIGNATURE_HEADER]: signature };
  verifySignature({ body: BODY, headers, keys: KEY, nowMs: NOW_MS });
}

describe('a signature header of at most 1,024 characters is read', () => {
  test('and of one more it is malformed, although a signature in it is right', () => {
    const spaces = (length: number) => ' '.repeat(length - OWN.length);
    expect(() => verify(OWN + spaces(1_024))).not.toThrow();
    expect(() => verify(spaces(1_024) + OWN)).not.toThrow();
    for (const header of [OWN + spaces(1_025), spaces(1_025) + OWN]) {
      expect(() => verify(header)).toThrow(expect.objectContaining({ code: 'SIGNATURE_MALFORMED' }));
    }
  });

  test('so sixteen signatures with spaces after their commas fit', () => {
    const header = Array<string>(16).fill(OWN).join(', \t');
    expect(header.length).toBeLessThan(1_024);
    expect(() => verify(header)).not.toThrow();
  });
});

describe('a hostile header is rejected in little time, however long it is', () => {
  const patterns: [string, (length: number) => string][] = [
    ['spaces', (length) => ' '.repeat(length)],
    ['spaces inside of text', (length) => `a${' '.repeat(length - 2)}a`],
    ['tabs and commas', (length) => '\t,'.repeat(length / 2)],
    ['commas', (length) => ','.repeat(length)],
    ['base64 without an end', (length) => 'A'.repeat(length)],
    ['base64 with many ends', (length) => 'A='.repeat(length / 2)],
    ['signatures without commas', (length) => OWN.repeat(length / 32)],
    ['text that is not ASCII', (length) => '\u00a0'.repeat(length)],
  ];

  test.each(patterns)('%s', (_name, write) => {
    const ratio = (length: number, bound: number) => compare(write(64), write(length), bound);
    // Up to 1,024 characters a header is read, so its time may grow as its length does, 4 and 16 times, and not with its
    // square, 16 and 256 times. The bounds lie in between, so that neither a slow machine nor coverage crosses them.
    expect(ratio(256, 8)).toBeLessThan(8);
    expect(ratio(1_024, 64)).toBeLessThan(64);
    // A longer one is not read at all.
    expect(ratio(65_536, 2)).toBeLessThan(2);
    expect(ratio(1_048_576, 2)).toBeLessThan(2);
  });
});

/**
 * How many times as long it takes to reject the second header. The best rounds of both count, because anything else on the
 * machine can only make a round slower. They take turns, so that a slow moment meets both, and there are more of them while
 * the ratio is not below the bound.
 */
function compare(short: string, long: string, bound: number): number {
  const best = { short: Number.POSITIVE_INFINITY, long: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 40 || (round < 400 && best.long / best.short >= bound); round++) {
    best.short = Math.min(best.short, timePerRound(short));
    best.long = Math.min(best.long, timePerRound(long));
  }
  return best.long / best.short;
}

function timePerRound(header: string): number {
  const startedAt = performance.now();
  for (let count = 0; count < 10; count++) expectRejection(header);
  return performance.now() - startedAt;
}

function expectRejection(header: string): void {
  try {
    verify(header);
  } catch {
    return;
  }
  throw new Error('The header was accepted.');
}
