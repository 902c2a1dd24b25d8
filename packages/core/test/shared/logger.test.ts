import { expect, test, vi } from 'vitest';
import { logSafely, silentLogger } from '../../src/shared/logger.ts';
import { settled } from '../support.ts';

test('a logger that throws or rejects is left alone', async () => {
  const fail = vi.fn((_resolve: unknown, reject: (error: Error) => void) => reject(new Error('No.')));
  logSafely(() => {
    throw new Error('No.');
  });
  logSafely(() => Promise.reject(new Error('No.')));
  // biome-ignore lint/suspicious/noThenProperty: A query of a database library is such an object.
  logSafely(() => ({ then: fail }));
  await settled();
  expect(fail).toHaveBeenCalledTimes(1);
});

test('the silent logger takes every line', () => {
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    expect(silentLogger[level]({}, 'A line.')).toBe(undefined);
  }
});
