import { createMemoryLedger, type Ledger, PermanentError } from '@showpad-webhooks/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { expectNoTimerLeft, probe, startTime, stopTime, TYPE } from '../support.ts';

beforeEach(stopTime);
afterEach(startTime);

const fail = () => Promise.reject(new Error('The CRM is down.'));

const troubles: [string, () => never | Promise<never>][] = [
  [
    'throws',
    () => {
      throw new Error('The disk is full.');
    },
  ],
  ['rejects', () => Promise.reject(new Error('The disk is full.'))],
  ['hangs', () => new Promise<never>(() => {})],
];

/** A ledger that works, except for one call. */
function troubledLedger(operation: keyof Ledger, trouble: () => never | Promise<never>): Ledger {
  return { ...createMemoryLedger(), [operation]: trouble };
}

describe('a ledger whose claim', () => {
  test.each(troubles)('%s is answered with 503, and no handler runs', async (_how, trouble) => {
    const handler = vi.fn();
    const { deliver, errors } = probe({ ledger: troubledLedger('claim', trouble), on: { [TYPE]: handler } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await answer).toBe('503 LEDGER_FAILED');
    expect(errors).toMatchObject([
      {
        message: 'The ledger failed at "claim".',
        hint: 'It threw an error or took longer than 2500 ms: see error.cause. Can its server or its file be reached?',
        cause: expect.any(Error),
      },
    ]);
    expect(handler).not.toHaveBeenCalled();
  });

  test.each(troubles)('%s once is called again at the retry', async (_how, trouble) => {
    const ledger = createMemoryLedger();
    const claim = vi.fn(ledger.claim).mockImplementationOnce(trouble);
    const { deliver } = probe({ ledger: { ...ledger, claim }, on: { [TYPE]: () => {} } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await answer).toBe('503 LEDGER_FAILED');
    expect(await deliver()).toBe('200 handled');
  });

  test.each([
    ['at once', (claimed: unknown) => claimed],
    ['later', (claimed: unknown) => Promise.resolve(claimed)],
  ])(
    'returns no list of handlers that are done, %s, is answered with 500 and hangs nothing',
    async (_when, give) => {
      const handler = vi.fn();
      const claim = () => give({ status: 'claimed', fence: 1, attempt: 1, isConflict: false });
      const ledger = { ...createMemoryLedger(), claim } as Ledger;
      const { deliver, errors } = probe({ ledger, on: { [TYPE]: handler } });
      expect(await deliver()).toBe('500 HANDLER_FAILED');
      expect(errors.map(({ cause }) => cause)).toContainEqual(expect.any(TypeError));
      expect(handler).not.toHaveBeenCalled();
    },
  );

  test('gives a fence gets it back with every later call, next to the key', async () => {
    const ledger = createMemoryLedger();
    const [checkpoint, complete] = [vi.spyOn(ledger, 'checkpoint'), vi.spyOn(ledger, 'complete')];
    await ledger.claim({ key: 'another', bodyDigest: 1, leaseMs: 10_000 });
    const { receiver, deliver } = probe({ ledger });
    receiver.on(TYPE, () => {}, { name: 'crm' }).on(TYPE, () => {}, { name: 'mail' });
    expect(await deliver()).toBe('200 handled');
    const claim = { key: 'default:event-1', fence: 2 };
    expect(checkpoint.mock.calls).toEqual([[claim, { handler: 'crm', leaseMs: 10_000 }]]);
    expect(complete.mock.calls).toEqual([[claim]]);
  });

  test('takes just under 2.5 s is fast enough', async () => {
    const ledger = createMemoryLedger();
    const slow: Ledger = {
      ...ledger,
      claim: async (request) => {
        await new Promise((resolve) => setTimeout(resolve, 2_499));
        return ledger.claim(request);
      },
    };
    const answer = probe({ ledger: slow, on: { [TYPE]: () => {} } }).deliver();
    await vi.advanceTimersByTimeAsync(2_499);
    expect(await answer).toBe('200 handled');
    await expectNoTimerLeft();
  });
});

describe('after the handlers have run, trouble of the ledger is reported and the response stays', () => {
  const calls = [
    {
      operation: 'checkpoint',
      handlers: [() => {}, () => {}],
      answer: '200 handled',
      lateAnswer: '503 IN_PROGRESS',
      lateCodes: ['LEDGER_FAILED', 'IN_PROGRESS'],
    },
    {
      operation: 'complete',
      handlers: [() => {}],
      answer: '200 handled',
      lateAnswer: '200 handled',
      lateCodes: ['LEDGER_FAILED'],
    },
    {
      operation: 'complete',
      handlers: [() => Promise.reject(new PermanentError('There is no such deal.'))],
      answer: '422 PERMANENT_FAILURE',
      lateAnswer: '422 PERMANENT_FAILURE',
      lateCodes: ['LEDGER_FAILED', 'PERMANENT_FAILURE'],
    },
    {
      operation: 'release',
      handlers: [fail],
      answer: '500 HANDLER_FAILED',
      lateAnswer: '500 HANDLER_FAILED',
      lateCodes: ['LEDGER_FAILED', 'HANDLER_FAILED'],
    },
  ] as const;
  const cases = calls.flatMap((each) => troubles.map(([how, trouble]) => ({ ...each, how, trouble })));

  test.each(cases)('$operation $how: $answer', async ({ operation, handlers, answer, trouble }) => {
    const ledger = troubledLedger(operation, trouble);
    const { deliver, errors } = probe({ ledger, on: { [TYPE]: handlers.map((run) => () => run()) } });
    const delivered = deliver();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await delivered).toBe(answer);
    expect(errors[0]).toMatchObject({
      code: 'LEDGER_FAILED',
      message: `The ledger failed at "${operation}".`,
    });
    await vi.advanceTimersByTimeAsync(20_000); // It is told again while the lease lasts.
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each(troubles)(
    'a "complete" that %s is told again, and nothing runs twice meanwhile',
    async (_how, trouble) => {
      const ledger = createMemoryLedger();
      const complete = vi.spyOn(ledger, 'complete').mockImplementationOnce(trouble as never);
      const handler = vi.fn();
      const { deliver } = probe({ ledger, on: { [TYPE]: handler } });
      const first = deliver();
      await vi.advanceTimersByTimeAsync(2_500);
      expect(await first).toBe('200 handled');
      expect(await deliver()).toBe('503 IN_PROGRESS');
      await vi.advanceTimersByTimeAsync(4_000);
      expect(await deliver()).toBe('200 duplicate');
      expect(handler).toHaveBeenCalledTimes(1);
      expect(complete).toHaveBeenCalledTimes(2);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test('a "complete" that fails is told four times, and then its lease is over', async () => {
    const complete = vi.fn(() => Promise.reject(new Error('connection refused')));
    const { deliver } = probe({ ledger: { ...createMemoryLedger(), complete }, on: { [TYPE]: () => {} } });
    expect(await deliver()).toBe('200 handled');
    await vi.advanceTimersByTimeAsync(9_999);
    expect(complete).toHaveBeenCalledTimes(4);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(complete).toHaveBeenCalledTimes(4);
  });

  test('a "release" that fails is told again, so that the next retry runs the handlers', async () => {
    const ledger = createMemoryLedger();
    vi.spyOn(ledger, 'release').mockRejectedValueOnce(new Error('connection refused'));
    let isDown = true;
    const { deliver } = probe({ ledger, on: { [TYPE]: () => (isDown ? fail() : undefined) } });
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    isDown = false;
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await deliver()).toBe('200 handled');
  });

  test('close() tells the ledger once more', async () => {
    const ledger = createMemoryLedger();
    vi.spyOn(ledger, 'complete').mockRejectedValueOnce(new Error('connection refused'));
    const { deliver, receiver } = probe({ ledger, on: { [TYPE]: () => {} } });
    expect(await deliver()).toBe('200 handled');
    await receiver.close();
    expect(await probe({ ledger, on: { [TYPE]: () => {} } }).deliver()).toBe('200 duplicate');
  });

  test('a "complete" that is under way when the leases are renewed is not told twice', async () => {
    const memory = createMemoryLedger();
    const complete: Ledger['complete'] = async (claim) => {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return memory.complete(claim);
    };
    const slow = () => new Promise((resolve) => setTimeout(resolve, 2_000));
    const { deliver, errors } = probe({ ledger: { ...memory, complete }, on: { [TYPE]: slow } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await answer).toBe('200 handled');
    expect(errors).toEqual([]);
  });

  test('a renewal that comes to the ledger after "complete" is no trouble', async () => {
    const memory = createMemoryLedger();
    const checkpoint: Ledger['checkpoint'] = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return memory.checkpoint(...args);
    };
    const slow = () => new Promise((resolve) => setTimeout(resolve, 4_000));
    const { deliver, errors } = probe({ ledger: { ...memory, checkpoint }, on: { [TYPE]: slow } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await answer).toBe('200 handled');
    expect(errors).toEqual([]);
  });

  test.each(calls)(
    '$operation is too late: $lateAnswer',
    async ({ operation, handlers, lateAnswer, lateCodes }) => {
      const ledger: Ledger = { ...createMemoryLedger(), [operation]: () => false };
      const { deliver, errors } = probe({ ledger, on: { [TYPE]: handlers.map((run) => () => run()) } });
      expect(await deliver()).toBe(lateAnswer);
      expect(errors[0]).toMatchObject({
        code: 'LEDGER_FAILED',
        message: `The ledger did not accept "${operation}", because another process has taken the event over.`,
        hint: 'This process was too late. Do handlers block the event loop, or was the process paused?',
      });
      expect(errors.map(({ code }) => code)).toEqual(lateCodes);
    },
  );

  test('a checkpoint that is too late leaves the other handlers to the process that has the event now', async () => {
    const mail = vi.fn();
    const ledger: Ledger = { ...createMemoryLedger(), checkpoint: () => false };
    const { receiver, deliver } = probe({ ledger });
    receiver.on(TYPE, () => {}, { name: 'crm' }).on(TYPE, mail, { name: 'mail' });
    expect(await deliver()).toBe('503 IN_PROGRESS');
    expect(mail).not.toHaveBeenCalled();
  });

  test.each(troubles)('a renewal %s, while handlers run', async (_how, trouble) => {
    const slow = () => new Promise((resolve) => setTimeout(resolve, 9_500));
    const ledger = troubledLedger('checkpoint', trouble);
    const { deliver, errors } = probe({ ledger, on: { [TYPE]: slow } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(9_500);
    expect(await answer).toBe('200 handled');
    expect(errors).toHaveLength(2);
    expect(new Set(errors.map(({ message }) => message))).toEqual(
      new Set(['The ledger failed at "checkpoint".']),
    );
  });
});

describe('a checkpoint', () => {
  /** The names of the handlers that the ledger notes during one delivery. */
  async function checkpointsOf(...handlers: readonly (() => unknown)[]): Promise<unknown[]> {
    const ledger = createMemoryLedger();
    const checkpoint = vi.spyOn(ledger, 'checkpoint');
    const { receiver, deliver } = probe({ ledger });
    for (const [index, handler] of handlers.entries()) receiver.on(TYPE, handler, { name: `${index}` });
    await deliver();
    // One without a handler only renews the lease.
    return checkpoint.mock.calls.flatMap(([, { handler }]) => handler ?? []);
  }
  const succeed = () => {};
  const refuse = () => Promise.reject(new PermanentError('There is no such deal.'));

  test.each([
    [
      'each handler that is done, except for the last one of a clean run',
      [succeed, succeed, succeed],
      ['0', '1'],
    ],
    ['no handler, if it is the only one', [succeed], []],
    ['no handler, if the only one threw a PermanentError', [refuse], []],
    ['a handler that threw a PermanentError, because it is done', [refuse, succeed], ['0']],
    ['the last one too, if another one failed', [fail, succeed], ['1']],
    ['the last one too, if another one failed and it threw a PermanentError', [fail, refuse], ['1']],
    ['no handler that failed', [fail, fail], []],
  ])('notes %s', async (_what, handlers, expected) => {
    expect(await checkpointsOf(...handlers)).toEqual(expected);
  });
});

test('ledger: false remembers nothing, and every handler runs every time', async () => {
  const attempts: number[] = [];
  const failing = vi.fn(fail);
  const { receiver, deliver } = probe({ ledger: false });
  receiver.on(TYPE, (_event, { attempt }) => attempts.push(attempt)).on(TYPE, failing);
  for (let delivery = 1; delivery <= 5; delivery++) expect(await deliver()).toBe('500 HANDLER_FAILED');
  expect(attempts).toEqual([1, 1, 1, 1, 1]);
  expect(failing).toHaveBeenCalledTimes(5);
});

test('ledger: false has nothing to renew that could fail', async () => {
  const { deliver, errors } = probe({
    ledger: false,
    on: { [TYPE]: [() => new Promise((resolve) => setTimeout(resolve, 9_500)), () => {}] },
  });
  const answer = deliver();
  await vi.advanceTimersByTimeAsync(9_500);
  expect(await answer).toBe('200 handled');
  expect(errors).toEqual([]);
});

describe('two receivers that share a ledger', () => {
  test('do not disturb each other if they have two names', async () => {
    const ledger = createMemoryLedger();
    const crm = probe({ name: 'crm', ledger, on: { [TYPE]: () => {} } });
    const mail = probe({ name: 'mail', ledger, on: { [TYPE]: fail } });
    expect(await crm.deliver()).toBe('200 handled');
    expect(await mail.deliver()).toBe('500 HANDLER_FAILED');
    expect(await crm.deliver()).toBe('200 duplicate');
    expect(mail.errors.map(({ code }) => code)).toEqual(['HANDLER_FAILED']);
  });

  test('handle each event once between them if they have one name', async () => {
    const ledger = createMemoryLedger();
    const first = probe({ ledger, on: { [TYPE]: () => {} } });
    const second = probe({ ledger, on: { [TYPE]: fail } });
    expect(await first.deliver()).toBe('200 handled');
    expect(await second.deliver()).toBe('200 duplicate');
  });
});

test('the ledger gets names, ids and a digest, and nothing of the payload', async () => {
  const ledger = createMemoryLedger();
  const claim = vi.spyOn(ledger, 'claim');
  await probe({ name: 'crm', ledger, on: { [TYPE]: () => {} } }).deliver('any:id');
  expect(claim.mock.calls).toEqual([
    [{ key: 'crm:any:id', bodyDigest: expect.any(Number), leaseMs: 10_000 }],
  ]);
  const { bodyDigest } = claim.mock.calls[0]?.[0] ?? { bodyDigest: Number.NaN };
  expect(Number.isInteger(bodyDigest) && bodyDigest >= 0 && bodyDigest < 2 ** 31).toBe(true);
});
