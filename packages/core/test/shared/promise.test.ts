import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isPromise, nextTurn, setRepeatingTimer, setTimer, withDeadline } from '../../src/shared/promise.ts';
import { isSettled, startTime, stopTime } from '../support.ts';

beforeEach(stopTime);
afterEach(async () => {
  vi.restoreAllMocks();
  await startTime();
});

describe('withDeadline', () => {
  test('gives the result, or the error, and leaves no timer behind', async () => {
    expect(await withDeadline(Promise.resolve('done'))).toBe('done');
    await expect(withDeadline(Promise.reject(new Error('No.')))).rejects.toThrow(new Error('No.'));
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each<[more: [number?, string?], number, string]>([
    [[], 2_500, 'There was no result within 2500 ms.'],
    [[10, 'The server did not answer'], 10, 'The server did not answer within 10 ms.'],
  ])('waits no longer than it should: %j', async (more, deadlineMs, message) => {
    const waiting = withDeadline(new Promise<never>(() => {}), ...more);
    const failed = expect(waiting).rejects.toThrow(new Error(message));
    await vi.advanceTimersByTimeAsync(deadlineMs - 1);
    expect(await isSettled(waiting)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await failed;
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('a timer for longer than Node can wait waits as long as Node can, and does not fire at once', () => {
  const timeout = vi.spyOn(globalThis, 'setTimeout');
  for (const ms of [1, 2 ** 31 - 1, 2 ** 31, Number.POSITIVE_INFINITY]) clearTimeout(setTimer(() => {}, ms));
  expect(timeout.mock.calls.map(([, ms]) => ms)).toEqual([1, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1]);
});

test('a timer that repeats may be a number, as under Jest with jsdom', () => {
  vi.spyOn(globalThis, 'setInterval').mockReturnValue(7 as never);
  expect(setRepeatingTimer(() => {}, 1)).toBe(7);
});

test('the next turn comes after everything that waits for this one', async () => {
  const order: string[] = [];
  const turn = nextTurn().then(() => order.push('next turn'));
  process.nextTick(() => order.push('tick'));
  void Promise.resolve().then(() => order.push('promise'));
  await turn;
  expect(order.toSorted()).toEqual(['next turn', 'promise', 'tick']);
  expect(order.at(-1)).toBe('next turn');
});

test.each([
  [Promise.resolve(), true],
  // biome-ignore lint/suspicious/noThenProperty: That is what it is about.
  [{ then() {} }, true],
  // biome-ignore lint/suspicious/noThenProperty: That is what it is about.
  [{ then: 1 }, false],
  [undefined, false],
  [null, false],
  ['text', false],
])('%o is a promise: %s', (value, isOne) => {
  expect(isPromise<unknown>(value)).toBe(isOne);
});
