import { expect, onTestFinished, test, vi } from 'vitest';
import { createServerClock } from '../src/server-clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SERVER_MS = 1_700_000_000_000;

/** A clock of this process that is an hour ahead of the server, and can be set. */
function fakeTime() {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: SERVER_MS + HOUR_MS });
  onTestFinished(() => void vi.useRealTimers());
  const startedMs = performance.now();
  return { serverMs: () => SERVER_MS + performance.now() - startedMs };
}

test('tells the time of the server, whatever the clock of this process says', async () => {
  const { serverMs } = fakeTime();
  const clock = createServerClock(async () => serverMs());
  await clock.refresh();
  expect(clock.nowMs()).toBe(SERVER_MS);
  expect(clock.toLocalMs(SERVER_MS + 5)).toBe(SERVER_MS + HOUR_MS + 5);
  vi.setSystemTime(SERVER_MS - DAY_MS);
  expect(clock.nowMs()).toBe(SERVER_MS);
  vi.advanceTimersByTime(1_000);
  expect(clock.nowMs()).toBe(SERVER_MS + 1_000);
});

test('replaces the present time and nothing else', async () => {
  const { serverMs } = fakeTime();
  const clock = createServerClock(async () => serverMs());
  const args = ['id', Date.now(), 30_000, Date.now() - DAY_MS, `${Date.now()}`, undefined];
  const expected = ['id', SERVER_MS, 30_000, args[3], args[4], undefined];
  expect(await clock.withServerTime(args)).toEqual(expected);
});

test('recognizes the present time although the clock is set while the server is asked', async () => {
  const { serverMs } = fakeTime();
  const clock = createServerClock(async () => {
    vi.setSystemTime(SERVER_MS - DAY_MS);
    return serverMs();
  });
  expect(await clock.withServerTime([Date.now()])).toEqual([SERVER_MS]);
});

test('asks again after a while, and after a step of the clock, and goes on if there is no answer', async () => {
  const { serverMs } = fakeTime();
  let asked = 0;
  let isAway = false;
  const clock = createServerClock(async () => {
    asked++;
    if (isAway) throw new Error('Redis is away.');
    return serverMs();
  });
  await clock.refresh();
  await clock.refresh();
  expect(asked).toBe(1);
  vi.advanceTimersByTime(6_000);
  await clock.refresh();
  expect(asked).toBe(2);
  // A machine that was suspended: its steady clock stood still.
  vi.setSystemTime(Date.now() + HOUR_MS);
  await clock.refresh();
  expect(asked).toBe(3);
  isAway = true;
  vi.advanceTimersByTime(6_000);
  await clock.refresh();
  expect(asked).toBe(4);
  expect(clock.nowMs()).toBe(SERVER_MS + 12_000);
});

test('rejects if the server has never answered', async () => {
  const clock = createServerClock(async () => {
    throw new Error('Redis is away.');
  });
  await expect(clock.refresh()).rejects.toThrow('Redis is away.');
});
