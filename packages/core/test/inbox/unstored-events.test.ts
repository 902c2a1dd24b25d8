import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { delivery, probeWithLetters, startTime, stopTime } from '../support.ts';

beforeEach(stopTime);
afterEach(startTime);

/** A receiver whose inbox cannot store anything as long as its disk is full. */
function receiverOnDisk() {
  const memory = createMemoryInbox();
  const disk = { isFull: true };
  const inbox: typeof memory = {
    ...memory,
    async put(entry) {
      if (disk.isFull) throw new Error('The disk is full.');
      return memory.put(entry);
    },
  };
  return { ...probeWithLetters({ inbox }), disk, inbox };
}

/** Delivers an event as Showpad does, until it is stored or Showpad stops. */
async function deliverAndRetry(deliver: () => Promise<string>): Promise<string[]> {
  const answers: string[] = [];
  for (const pauseMs of [3_000, 4_500, 6_750, 0]) {
    answers.push(await deliver());
    if (answers.at(-1) === '202 queued') break;
    await vi.advanceTimersByTimeAsync(pauseMs);
  }
  return answers;
}

const REFUSED = '503 INBOX_FAILED';
const waitForEver = () => vi.advanceTimersByTimeAsync(120_000);

describe('an event that the inbox cannot store', () => {
  test('becomes one dead letter if it cannot until Showpad has stopped', async () => {
    const { deliver, letters } = receiverOnDisk();
    expect(await deliverAndRetry(deliver)).toEqual([REFUSED, REFUSED, REFUSED, REFUSED]);
    expect(letters).toEqual([]);
    await waitForEver();
    expect(letters).toMatchObject([
      { reason: 'not-stored', error: { code: 'INBOX_FAILED' }, rawBody: expect.any(Uint8Array) },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is stored after all if the inbox can when Showpad has just stopped', async () => {
    const { deliver, letters, disk, inbox } = receiverOnDisk();
    await deliverAndRetry(deliver);
    disk.isFull = false;
    await waitForEver();
    expect(letters).toEqual([]);
    expect(await inbox.counts()).toMatchObject({ pending: 1 });
  });

  test('is no dead letter if a retry is stored', async () => {
    const { deliver, letters, disk } = receiverOnDisk();
    await deliver();
    disk.isFull = false;
    expect(await deliverAndRetry(deliver)).toEqual(['202 queued']);
    disk.isFull = true;
    await waitForEver();
    expect(letters).toEqual([]);
  });

  test('is no dead letter if it came from a queue, which sends it again and keeps what fails', async () => {
    const { receiver, letters } = receiverOnDisk();
    const { response } = await receiver.receive({ ...delivery(), receivedAtMs: Date.now() });
    expect(response.status).toBe(503);
    await waitForEver();
    expect(letters).toEqual([]);
  });

  test('is told if its letter is not kept', async () => {
    const { deliver, receiver, errors } = receiverOnDisk();
    const cause = new Error('connection refused');
    receiver.onDeadLetter(() => Promise.reject(cause));
    await deliver();
    errors.length = 0;
    await waitForEver();
    expect(errors).toMatchObject([{ message: 'A dead letter could not be kept.', cause }]);
  });
});

describe('close()', () => {
  test.each([
    [14_249, 0],
    [14_250, 1],
  ])('settles what Showpad does not send again: after %i ms, %i letters', async (waitMs, number) => {
    const { deliver, receiver, letters } = receiverOnDisk();
    await deliver();
    await vi.advanceTimersByTimeAsync(waitMs);
    await receiver.close();
    expect(letters).toHaveLength(number);
  });

  test('leaves the inbox only the time that is left, if it settles slowly', async () => {
    const { deliver, receiver, inbox } = receiverOnDisk();
    const close = vi.spyOn(inbox, 'close');
    receiver.onDeadLetter(() => new Promise((resolve) => setTimeout(resolve, 2_000)));
    await deliver();
    await vi.advanceTimersByTimeAsync(15_000);
    const closing = receiver.close({ timeoutMs: 8_000 });
    await vi.advanceTimersByTimeAsync(8_000);
    await closing;
    const [options] = close.mock.calls[0] ?? [];
    expect(options?.timeoutMs).toBeLessThanOrEqual(6_000);
    expect(options?.timeoutMs).toBeGreaterThan(0);
  });

  test('leaves what Showpad sends again to the next process', async () => {
    const { deliver, receiver, letters } = receiverOnDisk();
    await deliver();
    await receiver.close();
    await waitForEver();
    expect(letters).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
