import { createLatestPut } from '@showpad-webhooks/core/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTime, stopTime } from '../support.ts';

beforeEach(stopTime);
afterEach(startTime);

const PROBLEM = 'The latest event could not be stored: The disk is full.';

test('a put that failed is a problem until one succeeds', () => {
  const latestPut = createLatestPut();
  expect(latestPut.problem()).toBe(undefined);
  latestPut.failed(new Error('The disk is full.'));
  expect(latestPut.problem()).toBe(PROBLEM);
  latestPut.succeeded();
  expect(latestPut.problem()).toBe(undefined);
});

test('a put that failed is forgotten after half a minute, because nobody sends to a process that is not ready', () => {
  const latestPut = createLatestPut();
  vi.advanceTimersByTime(60_000);
  latestPut.failed(new Error('The disk is full.'));
  vi.advanceTimersByTime(29_999);
  expect(latestPut.problem()).toBe(PROBLEM);
  vi.advanceTimersByTime(1);
  expect(latestPut.problem()).toBe(undefined);
});
