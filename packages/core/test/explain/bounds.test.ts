import { sign } from '@showpad-webhooks/core';
import { describe, expect, test } from 'vitest';
import { explain, hmac, KEY, proven, SECONDS, TIMESTAMP } from './explain.ts';

const causesOf = (findings: ReturnType<typeof explain>) => findings.map(({ cause }) => cause);

/** JSON of exactly so many characters. */
function jsonOf(length: number): string {
  return JSON.stringify({ text: 'x'.repeat(length - '{"text":""}'.length) });
}

/** JSON in which arrays nest so deep. */
function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

describe('a body is written again as other programs would', () => {
  const isFound = (body: string, signed: string) => {
    const findings = explain({ body: Buffer.from(body), signature: sign(signed, KEY, SECONDS) });
    return findings.some(({ cause, certainty }) => cause === 'body-rewritten' && certainty === 'proven');
  };
  const spaced = (json: string) => JSON.stringify(JSON.parse(json), null, 2);

  test('up to 64 kB', () => {
    const [small, large] = [jsonOf(65_536), jsonOf(65_537)];
    expect([small.length, large.length]).toEqual([65_536, 65_537]);
    expect(isFound(small, spaced(small))).toBe(true);
    expect(isFound(large, spaced(large))).toBe(false);
  });

  test('up to 64 levels', () => {
    expect(isFound(nested(64), spaced(nested(64)))).toBe(true);
    expect(isFound(nested(65), spaced(nested(65)))).toBe(false);
    const objects = `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`;
    expect(isFound(objects, spaced(objects))).toBe(false);
  });

  test.each([
    ['many that do not nest', JSON.stringify(Array.from({ length: 100 }, () => [[{ a: {} }]]))],
    ['brackets inside of text', JSON.stringify({ a: '[{'.repeat(100), b: '[' })],
    ['quotes inside of text', JSON.stringify({ a: '"'.repeat(101) + '['.repeat(100), b: '\\' })],
    ['a backslash at the end of a text', JSON.stringify(['\\', '['.repeat(100), '\\\\"'])],
  ])('and %s do not count as levels', (_what, json) => {
    expect(isFound(json, spaced(json))).toBe(true);
  });

  test('and not if it is not JSON', () => {
    expect(isFound('{"a":1', '{"a": 1}')).toBe(false);
  });
});

describe('a large body is explained within bounds', () => {
  test('for a single mistake', () => {
    const large = jsonOf(1_000_000);
    const body = Buffer.from(large);
    expect(causesOf(explain({ body, signature: sign(`${large}\n`, KEY, SECONDS) }))).toEqual(['body-end']);
  });

  test('even if it nests deeper than the stack', () => {
    const deep = nested(200_000);
    const signature = sign(`${deep}\n`, KEY, SECONDS);
    expect(causesOf(explain({ body: Buffer.from(deep), signature }))).toEqual(['body-end']);
  });

  test('which end before all pairs of mistakes were tried', () => {
    const provenOf = (body: Buffer) => {
      const signature = hmac(`'${KEY}'`, body, TIMESTAMP).toString('base64');
      return explain({ body, signature }).filter(({ certainty }) => certainty === 'proven');
    };
    expect(causesOf(provenOf(Buffer.from('{}')))).toEqual(['key-quotes', 'signed-without-stop']);
    expect(provenOf(Buffer.from(jsonOf(4_000_000)))).toEqual([]);
  });

  test('which end soon if there are a thousand keys, although each attempt at a small body hashes little', () => {
    const body = Buffer.from('{}');
    const signature = hmac(`'${KEY}'`, body, `.${TIMESTAMP}`).toString('base64');
    const withOthers = (count: number) => {
      const others = Array.from({ length: count }, (_, index) => `key-${index}`);
      return explain({ body, keys: [...others, KEY], signature });
    };
    expect(causesOf(withOthers(100))).toEqual(['key-quotes']);
    const certainties = withOthers(1_000).map(({ certainty }) => certainty);
    expect(new Set(certainties)).toEqual(new Set(['ruled-out']));
  });

  test('and its keys are all tried, so that no finding means that it is authentic', () => {
    const body = Buffer.alloc(1_048_576, 'x');
    const keys = Array.from({ length: 150 }, (_, index) => `key-${index}`);
    expect(explain({ body, keys, signature: sign(body, 'key-149', SECONDS) })).toEqual([]);
    const forged = explain({ body, keys, signature: sign(body, 'another-key', SECONDS) });
    expect(forged).not.toEqual([]);
    expect(new Set(forged.map(({ certainty }) => certainty))).toEqual(new Set(['ruled-out']));
  });
});

describe('a signature header', () => {
  const own = sign('{}', KEY, SECONDS);

  test('is read up to 2,048 characters', () => {
    expect(explain({ signature: own.padEnd(2_048) })).toEqual([]);
    expect(causesOf(explain({ signature: own.padEnd(2_049) }))).toEqual(['signature-form']);
  });

  test('may have parts that are no signature', () => {
    expect(explain({ signature: `v0,v1=x,"x",, ${own},x` })).toEqual([]);
  });

  test.each([
    own.slice(1),
    `${own}=`,
    `x=${own}`,
    `xv1=${own}`,
    Buffer.alloc(31).toString('hex'),
    `${Buffer.alloc(32).toString('hex')}0`,
    `${own.slice(0, 20)} ${own.slice(21)}`,
  ])('is not read as %j', (signature) => {
    expect(proven(explain({ signature }))).toEqual([
      [
        'proven signature-form',
        'No signature stands for 32 bytes, in base64 or in hex. It is cut off, or it is something else.',
      ],
    ]);
  });
});
