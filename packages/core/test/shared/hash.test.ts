import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestOf, hashText } from '../../src/shared/hash.ts';

test('a text is hashed as JSON, so that lone surrogates differ', () => {
  expect(hashText('é', 'hex')).toBe(createHash('sha256').update('"é"').digest('hex'));
  expect(hashText('\ud800', 'hex')).not.toBe(hashText('\ud801', 'hex'));
});

test('a digest of a body has 31 bits, and stays the same in every release, because stores keep it', () => {
  expect(digestOf(Buffer.from('{"type":"x","id":"1"}'))).toBe(739_074_044);
  expect(digestOf(Buffer.alloc(0))).toBe(0);
  for (let byte = 0; byte < 256; byte++) expect(digestOf(Buffer.from([byte]))).toBeLessThan(2 ** 31);
});
