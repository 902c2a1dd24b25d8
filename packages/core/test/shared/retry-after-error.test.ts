import { RetryAfterError } from '@showpad-webhooks/core';
import { afterEach, expect, test, vi } from 'vitest';
import { watchedInbox } from '../inbox/watched-inbox.ts';
import { probe, TYPE } from '../support.ts';

const HOUR_MS = 3_600_000;

afterEach(() => vi.useRealTimers());

test.each([
  [{ afterMs: 1_500 }, 1_500],
  [{ afterMs: 1_500.6 }, 1_501],
  [{ afterMs: -1 }, 0],
  [{ afterMs: Number.NaN }, 0],
  [{ afterMs: 2 * HOUR_MS }, HOUR_MS],
  [{ header: '10' }, 10_000],
  [{ header: 'Thu, 15 Jan 2026 12:00:30 GMT' }, 30_000],
  [{ header: 'Thu, 15 Jan 2026 11:00:00 GMT' }, 0],
  [{ header: 'soon' }, 0],
  [{ header: '' }, 0],
  [{ header: null }, 0],
  [{ header: undefined }, 0],
] as const)('%o waits %i ms', (details, afterMs) => {
  vi.useFakeTimers({ now: Date.parse('2026-01-15T12:00:00Z') });
  expect(new RetryAfterError('The CRM limits our calls.', details).afterMs).toBe(afterMs);
});

test('it is an error with a name and a cause, and known across copies of the package', () => {
  const cause = new Error('429');
  const error = new RetryAfterError('The CRM limits our calls.', { afterMs: 1, cause });
  expect(String(error)).toBe('RetryAfterError: The CRM limits our calls.');
  expect(error.cause).toBe(cause);
  expect('cause' in new RetryAfterError('The CRM limits our calls.', { afterMs: 1 })).toBe(false);
  const ofAnotherCopy = { [Symbol.for('@showpad-webhooks/core/RetryAfterError')]: true };
  expect([error, ofAnotherCopy, new Error('No.'), null].map(RetryAfterError.isInstance)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('an inbox makes the next attempt when the time of the handler that waits longest is over', async () => {
  const { inbox, outcomes } = watchedInbox({ backoff: () => 1_000 });
  const { receiver, deliver } = probe({ inbox });
  const limited = (afterMs: number) => () => {
    throw new RetryAfterError('The CRM limits our calls.', { afterMs });
  };
  receiver.on(TYPE, limited(20_000), { name: 'crm' });
  receiver.on(TYPE, limited(30_000), { name: 'mail' });
  receiver.on(TYPE, () => Promise.reject(new Error('The chat is down.')), { name: 'chat' });
  await receiver.start();
  await deliver();
  const [outcome] = await outcomes.has(1);
  if (outcome?.state !== 'pending') throw new Error('The entry does not wait.');
  expect(outcome.dueMs - outcome.nowMs).toBe(30_000);
  expect(outcome.error).toMatchObject({ code: 'HANDLER_FAILED', handlerName: 'mail' });
  await receiver.close();
});

test('without an inbox it is a failure like any other', async () => {
  const { deliver } = probe({
    on: {
      [TYPE]: () => {
        throw new RetryAfterError('The CRM limits our calls.', { afterMs: 20_000 });
      },
    },
  });
  expect(await deliver()).toBe('500 HANDLER_FAILED');
});
