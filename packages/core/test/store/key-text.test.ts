import { keyTextOf } from '@showpad-webhooks/core/store';
import { expect, test } from 'vitest';

test('the key of a row stays the same in every release, because rows are found by it', () => {
  expect(keyTextOf('default:event-1')).toBe('IkZ51UEHdx3rvBUmkGJk1I');
});

test('ids of any length and any characters have keys of the same length, and different ones', () => {
  const ids = ['', 'a', 'A', 'a ', '\0', '\ud800', '\ud801', 'é', 'e\u0301', 'a'.repeat(100_000)];
  const keys = ids.map(keyTextOf);
  expect(new Set(keys).size).toBe(ids.length);
  for (const key of keys) expect(key).toMatch(/^[\w-]{22}$/);
});
