import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hmac } from '../src/hmac.ts';

const toHex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');

describe('HMAC-SHA256', () => {
  // Those of RFC 4231 whose key is text.
  test.each([
    {
      name: 'case 1',
      key: '\x0b'.repeat(20),
      data: Buffer.from('Hi There'),
      expected: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    },
    {
      name: 'case 2',
      key: 'Jefe',
      data: Buffer.from('what do ya want for nothing?'),
      expected: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    },
    {
      name: 'case 4',
      key: Array.from({ length: 25 }, (_, index) => String.fromCharCode(index + 1)).join(''),
      data: Buffer.alloc(50, 0xcd),
      expected: '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    },
  ])('agrees with RFC 4231, $name', ({ key, data, expected }) => {
    expect(toHex(hmac(key, data, ''))).toBe(expected);
  });

  const KEYS = [
    'k',
    'a'.repeat(63),
    'a'.repeat(64),
    'a'.repeat(65),
    'é'.repeat(32),
    'é'.repeat(33),
    '🔑'.repeat(500),
  ];
  const LENGTHS = [0, 1, 55, 56, 63, 64, 65, 1_000, 32_750, 32_757, 32_758, 32_768, 32_769, 100_000];
  test.each(LENGTHS)(
    'agrees with node:crypto on %i bytes, for keys shorter and longer than a block',
    (length) => {
      const body = Uint8Array.from({ length }, (_, index) => (index * 31) & 0xff);
      for (const key of KEYS) {
        const expected = createHmac('sha256', key).update(body).update('.1669302166').digest('base64');
        expect(hmac(key, body, '.1669302166')).toBe(expected);
      }
    },
  );

  test('keeps no key longer than it is asked for', () => {
    const body = Buffer.from('{}');
    const expected = (key: string) => createHmac('sha256', key).update(body).update('.1').digest('base64');
    const keys = ['a', 'a', 'ab', 'a'.repeat(64), 'a', 'a'.repeat(65), 'a', 'b', ''];
    expect(keys.map((key) => hmac(key, body, '.1'))).toEqual(keys.map(expected));
  });

  test('keeps nothing of an earlier call', () => {
    const short = () => hmac('b', Buffer.from('short'), '.1');
    const before = short();
    hmac('a'.repeat(64), Buffer.alloc(30_000, 0xff), '.999999999999999');
    expect(short()).toBe(before);
  });
});
