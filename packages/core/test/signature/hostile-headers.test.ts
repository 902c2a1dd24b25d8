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
    const shortest = timePerRejection(write(64));
    const ratio = (length: number) => timePerRejection(write(length)) / shortest;
    // Up to 1,024 characters a header is read, so its time may grow as its length does, 16 times, and not with its square, 256
    // times. A longer one is not read at all. If it were, it would take tens or hundreds of times as long. The bounds are far from
    // both, so that neither a busy machine nor coverage crosses them.
    expect(ratio(1_024)).toBeLessThan(64);
    expect(ratio(65_536)).toBeLessThan(16);
    expect(ratio(1_048_576)).toBeLessThan(16);
  });
});

/** The best of many rounds, because anything else on the machine can only make a round slower. */
function timePerRejection(header: string): number {
  const rounds = Array.from({ length: 40 }, () => {
    const startedAt = performance.now();
    for (let count = 0; count < 10; count++) expectRejection(header);
    return performance.now() - startedAt;
  });
  return Math.min(...rounds);
}

function expectRejection(header: string): void {
  try {
    verify(header);
  } catch {
    return;
  }
  throw new Error('The header was accepted.');
}
