import { createMemoryLedger, type Ledger, PermanentError } from '@showpad-webhooks/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  delivery,
  expectNoTimerLeft,
  heldHandler,
  probe,
  probeWithLetters,
  settled,
  startTime,
  stopTime,
  TYPE,
} from '../support.ts';

beforeEach(stopTime);
afterEach(startTime);

const crmIsDown = new Error('The CRM is down.');

/** A receiver whose handler fails as long as the CRM is down. */
function receiverOfCrm(ledger?: Ledger | false) {
  const crm = { isDown: true };
  const made = probeWithLetters({
    ...(ledger !== undefined && { ledger }),
    on: {
      [TYPE]: () => {
        if (crm.isDown) throw crmIsDown;
      },
    },
  });
  return { ...made, crm };
}

/** Waits for longer than anything here takes. */
const waitForEver = () => vi.advanceTimersByTimeAsync(120_000);

describe('an event that failed', () => {
  test('becomes one dead letter when Showpad no longer sends it, although no retry came', async () => {
    const { deliver, letters } = receiverOfCrm();
    await deliver();
    await vi.advanceTimersByTimeAsync(16_000);
    expect(letters).toEqual([]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(letters).toMatchObject([
      { reason: 'attempts-exhausted', attempt: 1, error: { cause: crmIsDown } },
    ]);
    await waitForEver();
    expect(letters).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is no dead letter while two subscriptions send it eight times, and the seventh is handled', async () => {
    const { deliver, letters, crm } = receiverOfCrm();
    for (const pauseMs of [0, 3_000, 0, 4_500, 0, 6_750]) {
      expect(await deliver()).toBe('500 HANDLER_FAILED');
      await vi.advanceTimersByTimeAsync(pauseMs);
    }
    crm.isDown = false;
    expect(await deliver()).toBe('200 handled');
    expect(await deliver()).toBe('200 duplicate');
    await waitForEver();
    expect(letters).toEqual([]);
  });

  test('is one dead letter if two subscriptions sent it eight times in vain', async () => {
    const { deliver, letters } = receiverOfCrm();
    for (const pauseMs of [0, 3_000, 0, 4_500, 0, 6_750, 0, 0]) {
      await deliver();
      await vi.advanceTimersByTimeAsync(pauseMs);
    }
    await waitForEver();
    expect(letters).toHaveLength(1);
  });

  test('is a dead letter if its handlers are so slow that retries pass by', async () => {
    const held = heldHandler();
    const { deliver, letters } = probeWithLetters({ handlerTimeoutMs: 10_000, on: { [TYPE]: held.handler } });
    /** Resolves 1 s after the response, when the handler has failed. */
    const failLate = async (index: number) => {
      const answer = deliver();
      await held.runs.has(index + 1);
      await settled();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await answer).toBe('503 HANDLER_TIMEOUT');
      await vi.advanceTimersByTimeAsync(1_000);
      held.run(index).reject(crmIsDown);
      await settled();
    };
    await failLate(0); // The response came after 10 s, so the retries come at 13, 17.5 and 24.25 s.
    await vi.advanceTimersByTimeAsync(2_000);
    await failLate(1); // It is 24 s, and the retry at 17.5 s would have been answered with IN_PROGRESS.
    expect(letters).toEqual([]);
    await vi.advanceTimersByTimeAsync(250);
    await failLate(2);
    expect(letters).toMatchObject([{ attempt: 3, error: { cause: crmIsDown } }]);
    await waitForEver();
    expect(letters).toHaveLength(1);
  });

  test('needs no ledger', async () => {
    const { deliver, letters } = receiverOfCrm(false);
    await deliver();
    await waitForEver();
    expect(letters).toHaveLength(1);
  });

  test('is no dead letter if it came from a queue, which sends it again and keeps what fails', async () => {
    const { receiver, letters } = receiverOfCrm();
    const queued = { ...delivery(), receivedAtMs: Date.now() };
    for (let attempt = 1; attempt <= 3; attempt++) {
      const receipt = await receiver.receive(queued);
      expect(receipt.error?.code).toBe('HANDLER_FAILED');
      await waitForEver();
    }
    expect(letters).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is no dead letter if a later attempt failed permanently, except for that one', async () => {
    let error: Error = crmIsDown;
    const { deliver, letters } = probeWithLetters({ on: { [TYPE]: () => Promise.reject(error) } });
    await deliver();
    error = new PermanentError('There is no such deal.');
    expect(await deliver()).toBe('422 PERMANENT_FAILURE');
    await waitForEver();
    expect(letters.map(({ reason }) => reason)).toEqual(['permanent']);
  });
});

describe('the last attempt', () => {
  /** A receiver whose handler fails when the test says so. The clock has run for a minute. */
  async function receiverThatIsHeld(ledger: Ledger = createMemoryLedger()) {
    await vi.advanceTimersByTimeAsync(60_000);
    const held = heldHandler();
    const made = probeWithLetters({ ledger, handlerTimeoutMs: 60_000, on: { [TYPE]: held.handler } });
    let count = 0;
    /** Delivers the event, whose handler fails after a time. */
    const failAfter = async (ms: number) => {
      const answer = made.deliver();
      await held.runs.has(++count);
      await settled();
      await vi.advanceTimersByTimeAsync(ms);
      held.run(count - 1).reject(crmIsDown);
      expect(await answer).toBe('500 HANDLER_FAILED');
    };
    return { ...made, failAfter };
  }

  test('makes the letter at once, if it was signed 13.25 s after the first response', async () => {
    const ledger = createMemoryLedger();
    const checkpoint = vi.spyOn(ledger, 'checkpoint');
    const { failAfter, letters } = await receiverThatIsHeld(ledger);
    await failAfter(750);
    await vi.advanceTimersByTimeAsync(13_250);
    await failAfter(0);
    expect(letters).toMatchObject([{ attempt: 2 }]);
    const claim = { key: 'default:event-1', fence: 2 };
    // Processes of two versions may share a ledger, so the name of the note must stay.
    expect(checkpoint.mock.calls).toEqual([
      [claim, { leaseMs: 10_000 }],
      [claim, { leaseMs: 10_000, handler: 'showpad-webhooks:dead-letter' }],
    ]);
    await waitForEver();
    expect(letters).toHaveLength(1);
  });

  test('is not the last one if the first response took two seconds', async () => {
    const { failAfter, letters } = await receiverThatIsHeld();
    await failAfter(2_000);
    await vi.advanceTimersByTimeAsync(12_000);
    await failAfter(0);
    expect(letters).toEqual([]);
    await waitForEver();
    expect(letters).toHaveLength(1);
  });

  test('makes the letter later, if the ledger cannot say who holds the event', async () => {
    const memory = createMemoryLedger();
    let isDown = false;
    const { failAfter, letters, errors } = await receiverThatIsHeld({
      ...memory,
      checkpoint(...args) {
        if (isDown) throw new Error('connection refused');
        return memory.checkpoint(...args);
      },
    });
    await failAfter(0);
    await vi.advanceTimersByTimeAsync(15_000);
    [isDown, errors.length] = [true, 0];
    await failAfter(0);
    expect(letters).toEqual([]);
    expect(errors[0]?.message).toBe('The ledger failed at "checkpoint".');
    isDown = false;
    await waitForEver();
    expect(letters).toHaveLength(1);
  });
});

test('an event that failed is forgotten at once, if nobody keeps dead letters', async () => {
  const ledger = createMemoryLedger();
  const claim = vi.spyOn(ledger, 'claim');
  const { deliver } = probe({ ledger, on: { [TYPE]: () => Promise.reject(crmIsDown) } });
  expect(await deliver()).toBe('500 HANDLER_FAILED');
  await expectNoTimerLeft();
  await waitForEver();
  expect(claim).toHaveBeenCalledTimes(1);
});

test('an event is no dead letter while its handlers run again, also without a ledger', async () => {
  const held = heldHandler();
  const { deliver, letters } = probeWithLetters({
    ledger: false,
    handlerTimeoutMs: 60_000,
    on: { [TYPE]: held.handler },
  });
  const first = deliver();
  await held.runs.has(1);
  held.run(0).reject(crmIsDown);
  expect(await first).toBe('500 HANDLER_FAILED');
  const second = deliver();
  await held.runs.has(2);
  await vi.advanceTimersByTimeAsync(40_000);
  expect(letters).toEqual([]);
  held.run(1).resolve();
  expect(await second).toBe('200 handled');
  await waitForEver();
  expect(letters).toEqual([]);
});

describe('two processes that share a ledger', () => {
  /** The first attempt failed in a process that has ended, and the second one fails 12 s later in this one. */
  async function takenOver() {
    await vi.advanceTimersByTimeAsync(60_000);
    const ledger = createMemoryLedger();
    await probe({ ledger, on: { [TYPE]: () => Promise.reject(crmIsDown) } }).deliver();
    await vi.advanceTimersByTimeAsync(12_000);
    const made = probeWithLetters({
      ledger,
      handlerTimeoutMs: 4_000,
      on: { [TYPE]: () => Promise.reject(crmIsDown) },
    });
    await made.deliver();
    return made;
  }

  test('count from the first response at the latest, whoever gave it', async () => {
    const { letters } = await takenOver();
    // The first response came within 4 s, so the last retry may come until 18.25 s. It is waited for until 20.25 s.
    await vi.advanceTimersByTimeAsync(8_000);
    expect(letters).toEqual([]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(letters).toMatchObject([{ attempt: 2 }]);
  });

  test('know the last retry, whoever gave the first response', async () => {
    const { deliver, letters } = await takenOver();
    await vi.advanceTimersByTimeAsync(5_000);
    await deliver();
    expect(letters).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    await deliver();
    expect(letters).toMatchObject([{ attempt: 4 }]);
  });

  test('send one letter', async () => {
    const ledger = createMemoryLedger();
    const [one, other] = [receiverOfCrm(ledger), receiverOfCrm(ledger)];
    await one.deliver();
    await vi.advanceTimersByTimeAsync(3_000);
    await other.deliver();
    await waitForEver();
    expect([...one.letters, ...other.letters]).toHaveLength(1);
  });

  test('send none for an event that the other one handled', async () => {
    const ledger = createMemoryLedger();
    const [one, other] = [receiverOfCrm(ledger), receiverOfCrm(ledger)];
    await one.deliver();
    other.crm.isDown = false;
    expect(await other.deliver()).toBe('200 handled');
    await waitForEver();
    expect(one.letters).toEqual([]);
  });

  test('send none for an event that one lost in its last attempt, and that the other one handled', async () => {
    const memory = createMemoryLedger();
    let fence = 0;
    const ledger: Ledger = {
      ...memory,
      async claim(request) {
        const claimed = await memory.claim(request);
        if (claimed.status === 'claimed') fence = claimed.fence;
        return claimed;
      },
    };
    const held = heldHandler();
    const one = probeWithLetters({ ledger, on: { [TYPE]: held.handler } });
    const other = receiverOfCrm(memory);
    other.crm.isDown = false;
    const failLast = async (index: number) => {
      held.run(index).reject(crmIsDown);
      await settled();
    };
    const first = one.deliver();
    await held.runs.has(1);
    await failLast(0);
    expect(await first).toBe('500 HANDLER_FAILED');
    await vi.advanceTimersByTimeAsync(14_250);
    const last = one.deliver();
    await held.runs.has(2);
    // As if the process had been paused until its lease was over.
    await memory.release({ key: 'default:event-1', fence });
    expect(await other.deliver()).toBe('200 handled');
    await failLast(1);
    expect(await last).toBe('500 HANDLER_FAILED');
    await waitForEver();
    expect(one.letters).toEqual([]);
  });

  test('send none for a permanent error in a process that had lost the event', async () => {
    const memory = createMemoryLedger();
    const held = heldHandler();
    const one = probeWithLetters({ ledger: memory, on: { [TYPE]: held.handler } });
    const other = receiverOfCrm(memory);
    other.crm.isDown = false;
    const answer = one.deliver();
    await held.runs.has(1);
    await memory.release({ key: 'default:event-1', fence: 1 }); // As if the process had been paused until its lease was over.
    expect(await other.deliver()).toBe('200 handled');
    held.run(0).reject(new PermanentError('There is no such deal.'));
    expect(await answer).toBe('503 IN_PROGRESS');
    expect(one.letters).toEqual([]);
  });

  test('wait for an event that the other one is handling', async () => {
    const ledger = createMemoryLedger();
    const one = receiverOfCrm(ledger);
    const held = heldHandler();
    const other = probeWithLetters({ ledger, handlerTimeoutMs: 60_000, on: { [TYPE]: held.handler } });
    await one.deliver();
    const answer = other.deliver();
    await held.runs.has(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(one.letters).toEqual([]);
    held.run(0).resolve();
    expect(await answer).toBe('200 handled');
    await waitForEver();
    expect(one.letters).toEqual([]);
  });

  test('send the letter of an event with which the other one died', async () => {
    const ledger = createMemoryLedger();
    const { deliver, letters } = receiverOfCrm(ledger);
    await deliver();
    await vi.advanceTimersByTimeAsync(10_000);
    await ledger.claim({ key: 'default:event-1', bodyDigest: 1, leaseMs: 10_000 });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(letters).toEqual([]);
    await waitForEver();
    expect(letters).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an event that the ledger cannot take', () => {
  /** A ledger that can be away for one process and not for another. */
  function failing(memory = createMemoryLedger()) {
    const connection = { isDown: true };
    const ledger: Ledger = {
      ...memory,
      claim(request) {
        if (connection.isDown) throw new Error('connection refused');
        return memory.claim(request);
      },
    };
    return { ledger, connection };
  }

  test('becomes one dead letter if the ledger stays away until Showpad has stopped', async () => {
    const { deliver, letters } = receiverOfCrm(failing().ledger);
    for (const pauseMs of [3_000, 4_500, 6_750, 0]) {
      expect(await deliver()).toBe('503 LEDGER_FAILED');
      await vi.advanceTimersByTimeAsync(pauseMs);
    }
    expect(letters).toEqual([]);
    await waitForEver();
    expect(letters).toMatchObject([
      { reason: 'attempts-exhausted', error: { code: 'LEDGER_FAILED' }, rawBody: expect.any(Uint8Array) },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('becomes one dead letter if the ledger comes back after that', async () => {
    const { ledger, connection } = failing();
    const { deliver, letters, errors } = receiverOfCrm(ledger);
    await deliver();
    connection.isDown = false;
    errors.length = 0;
    await waitForEver();
    expect(letters).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  test('is no dead letter if a retry is handled', async () => {
    const { ledger, connection } = failing();
    const { deliver, letters, crm } = receiverOfCrm(ledger);
    await deliver();
    [connection.isDown, crm.isDown] = [false, false];
    expect(await deliver()).toBe('200 handled');
    await waitForEver();
    expect(letters).toEqual([]);
  });

  test('is no dead letter if another process, which reaches the ledger, handles it', async () => {
    const memory = createMemoryLedger();
    const { ledger, connection } = failing(memory);
    const [one, other] = [receiverOfCrm(ledger), receiverOfCrm(memory)];
    await one.deliver();
    other.crm.isDown = false;
    expect(await other.deliver()).toBe('200 handled');
    connection.isDown = false;
    await waitForEver();
    expect(one.letters).toEqual([]);
  });
});

describe('close()', () => {
  test.each([
    ['are over', 15_000],
    ['could still come, if the last one is due', 14_250],
  ])('sends the letters of events whose retries %s', async (_which, waitMs) => {
    const { deliver, letters, receiver } = receiverOfCrm();
    await deliver();
    await vi.advanceTimersByTimeAsync(waitMs);
    await receiver.close();
    expect(letters).toHaveLength(1);
  });

  test('leaves events that Showpad sends again to the next process', async () => {
    const { deliver, letters, receiver } = receiverOfCrm();
    await vi.advanceTimersByTimeAsync(60_000);
    await deliver();
    await receiver.close();
    await waitForEver();
    expect(letters).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test.each(['claim', 'checkpoint', 'release'] as const)(
  'a ledger whose %s fails is reported, and one letter is sent',
  async (operation) => {
    const memory = createMemoryLedger();
    let isDown = false;
    const ledger: Ledger = {
      ...memory,
      [operation]: (...args: never[]) => {
        if (isDown) throw new Error('connection refused');
        return (memory[operation] as (...given: never[]) => never)(...args);
      },
    };
    const { deliver, letters, errors } = receiverOfCrm(ledger);
    await deliver();
    isDown = true;
    errors.length = 0;
    await waitForEver();
    expect(letters).toHaveLength(1);
    expect(errors).toMatchObject([
      { code: 'LEDGER_FAILED', message: `The ledger failed at "${operation}".` },
    ]);
  },
);
