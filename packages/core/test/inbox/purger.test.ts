import { createPurger } from '@showpad-webhooks/core/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOW_MS, startTime, stopTime } from '../support.ts';

beforeEach(stopTime);
afterEach(startTime);

const FIRST_ROUND_MS = 300_000;
const ROUND_MS = 3_600_000;

/** A purger that is started, with a clock that the test can set. */
function startPurger(purge = vi.fn(async () => 0)) {
  const failures: unknown[] = [];
  const clock = { aheadMs: 0 };
  const purger = createPurger(purge, async () => Date.now() + clock.aheadMs);
  purger.start((cause) => failures.push(cause));
  return { purger, purge, failures, clock };
}

test('a purger purges 5 minutes after its start and then every hour, until it is stopped', async () => {
  const { purger, purge, failures } = startPurger();
  await vi.advanceTimersByTimeAsync(FIRST_ROUND_MS - 1);
  expect(purge).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(purge).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(ROUND_MS - 1);
  expect(purge).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(purge).toHaveBeenCalledTimes(2);
  purger.stop();
  expect(vi.getTimerCount()).toBe(0);
  expect(failures).toEqual([]);
});

test.each([
  [60_000, 1],
  [-60_000, 1],
  [60_001, 0],
  [-60_001, 0],
])('if the clock was set by %i ms before it, the first round purges %i times', async (stepMs, number) => {
  const { purger, purge, clock } = startPurger();
  await vi.advanceTimersByTimeAsync(0);
  clock.aheadMs = stepMs;
  await vi.advanceTimersByTimeAsync(FIRST_ROUND_MS);
  expect(purge).toHaveBeenCalledTimes(number);
  // From now on it goes on as before, and a clock that is wrong all the time cannot be told from one that is right.
  await vi.advanceTimersByTimeAsync(ROUND_MS);
  expect(purge).toHaveBeenCalledTimes(number + 1);
  purger.stop();
});

test('a purger goes on after a purge or a clock that failed, and says so', async () => {
  const diskIsFull = new Error('The disk is full.');
  const purge = vi.fn(async () => 0).mockRejectedValueOnce(diskIsFull);
  const { purger, failures } = startPurger(purge);
  await vi.advanceTimersByTimeAsync(FIRST_ROUND_MS);
  expect(failures).toEqual([diskIsFull]);
  await vi.advanceTimersByTimeAsync(ROUND_MS);
  expect(purge).toHaveBeenCalledTimes(2);
  expect(failures).toHaveLength(1);
  purger.stop();

  const clockIsGone = new Error('The server is down.');
  const clock = vi
    .fn(() => NOW_MS)
    .mockImplementationOnce(() => {
      throw clockIsGone;
    });
  const other = createPurger(purge, clock);
  other.start((cause) => failures.push(cause));
  await vi.advanceTimersByTimeAsync(0);
  expect(failures).toEqual([diskIsFull, clockIsGone]);
  other.stop();
});

test('a purger does not keep the process alive', () => {
  const setTimeout = vi.spyOn(globalThis, 'setTimeout');
  const { purger } = startPurger();
  expect(setTimeout.mock.results.map(({ value }) => value.hasRef())).toEqual([false]);
  setTimeout.mockRestore();
  purger.stop();
});

test("a purger works under Jest's jsdom too, whose timers are numbers", async () => {
  const inNode = globalThis.setTimeout;
  vi.stubGlobal('setTimeout', (call: () => void, ms: number) => Number(inNode(call, ms)));
  const { purger, purge, failures } = startPurger();
  await vi.advanceTimersByTimeAsync(FIRST_ROUND_MS);
  vi.unstubAllGlobals();
  expect(purge).toHaveBeenCalledTimes(1);
  expect(failures).toEqual([]);
  purger.stop();
});
