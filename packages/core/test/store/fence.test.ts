import { expect, test } from 'vitest';
import { newFence } from '../../src/store/fence.ts';

test('a fence is a number that no claim had, and that every database can keep', () => {
  const fences = Array.from({ length: 10_000 }, newFence);
  expect(new Set(fences).size).toBe(10_000);
  expect(fences.every((fence) => Number.isSafeInteger(fence) && fence > 0)).toBe(true);
});
