import { afterEach, expect, test, vi } from 'vitest';
import { heldHandler, isSettled, probe, startTime, stopTime, TYPE } from '../support.ts';

afterEach(startTime);

/** Keeps the work that the platform is told of. */
function platform() {
  const works: Promise<void>[] = [];
  return { works, waitUntil: (work: Promise<void>) => void works.push(work) };
}

test('a handler that outlives its timeout is work after the response, until the ledger knows that it is done', async () => {
  stopTime();
  const { works, waitUntil } = platform();
  const { handler, run, runs } = heldHandler();
  const { deliver } = probe({ on: { [TYPE]: handler }, waitUntil, handlerTimeoutMs: 1_000 });
  const answer = deliver('1');
  await runs.has(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await answer).toBe('503 HANDLER_TIMEOUT');
  expect(works).toHaveLength(1);
  expect(await isSettled(works[0] as Promise<void>)).toBe(false);
  run(0).resolve();
  await works[0];
  expect(await deliver('1')).toBe('200 duplicate');
  expect(works).toHaveLength(1);
});

test('a listener that returns a promise is work after the response, and the promise of the work never rejects', async () => {
  const { works, waitUntil } = platform();
  const { receiver, deliver } = probe({ on: { [TYPE]: () => Promise.reject(new Error('x')) }, waitUntil });
  receiver.onError(() => Promise.reject(new Error('The alert could not be sent.')));
  expect(await deliver('1')).toBe('500 HANDLER_FAILED');
  expect(works).toHaveLength(1);
  await expect(works[0]).resolves.toBeUndefined();
});

test('a platform that takes no work, because the request is over, changes no response', async () => {
  const refuse = () => {
    throw new Error('There is no request.');
  };
  const { receiver, deliver } = probe({
    on: { [TYPE]: () => Promise.reject(new Error('x')) },
    waitUntil: refuse,
  });
  receiver.onError(async () => {});
  expect(await deliver('1')).toBe('500 HANDLER_FAILED');
});

test('handlers that end before the response are no work after it', async () => {
  const { works, waitUntil } = platform();
  const { deliver } = probe({ on: { [TYPE]: async () => {} }, waitUntil });
  expect([await deliver('1'), await deliver('1')]).toEqual(['200 handled', '200 duplicate']);
  expect(works).toEqual([]);
});
