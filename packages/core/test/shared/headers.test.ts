import { describe, expect, test } from 'vitest';
import { headerValue, plainHeaders, type WebhookHeaders } from '../../src/shared/headers.ts';

describe('headerValue', () => {
  test.each<[string, WebhookHeaders | null, string | undefined]>([
    ['a name in lower case', { 'x-a': 'one' }, 'one'],
    ['a name in any case', { 'X-A': 'one' }, 'one'],
    ['the name in lower case rather than another', { 'X-A': 'upper', 'x-a': 'lower' }, 'lower'],
    ['several values, joined as HTTP defines', { 'x-a': ['one', 'two'] }, 'one, two'],
    ['an empty value', { 'x-a': '' }, ''],
    ['no value that is not text', { 'x-a': 7 as never }, undefined],
    ['no other name', { 'x-b': 'one', 'x-ab': 'two' }, undefined],
    ['no inherited name', {}, undefined],
    ['Headers', new Headers({ 'X-A': 'one' }), 'one'],
    ['Headers without the name', new Headers(), undefined],
    ['no headers at all', null, undefined],
  ])('finds %s', (_what, headers, value) => {
    expect(headerValue(headers as WebhookHeaders, 'x-a')).toBe(value);
  });
});

describe('plainHeaders', () => {
  test.each<[string, WebhookHeaders]>([
    ['an object', { 'X-A': 'one', 'x-b': ['two', 'three'], 'x-c': undefined, 'x-d': '' }],
    [
      'Headers',
      new Headers([
        ['X-A', 'one'],
        ['x-b', 'two'],
        ['x-b', 'three'],
        ['x-d', ''],
      ]),
    ],
    [
      'a Map',
      new Map([
        ['X-A', 'one'],
        ['x-b', 'two, three'],
        ['x-d', ''],
      ]) as unknown as Headers,
    ],
  ])('makes one text for each name in lower case: %s', (_what, headers) => {
    expect({ ...plainHeaders(headers) }).toStrictEqual({ 'x-a': 'one', 'x-b': 'two, three', 'x-d': '' });
  });

  test('has no prototype, so that no name of a sender finds one', () => {
    const headers = plainHeaders(new Headers([['__proto__', 'x']]));
    expect(Object.getPrototypeOf(headers)).toBe(null);
    expect(Object.entries(headers)).toEqual([['__proto__', 'x']]);
    expect(headers.constructor).toBe(undefined);
  });
});
