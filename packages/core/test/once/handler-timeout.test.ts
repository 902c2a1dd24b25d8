import { createMemoryLedger, PermanentError } from '@showpad-webhooks/core';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  deferred,
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
const codesOf = (errors: readonly { readonly code: string }[]) => errors.map(({ code }) => code);

/** A receiver whose handler the test ends, and which gives its handlers one second. */
function slowReceiver(options: Parameters<typeof probeWithLetters>[0] = {}) {
  const held = heldHandler();
  const made = probeWithLetters({ handlerTimeoutMs: 1_000, on: { [TYPE]: held.handler }, ...options });
  /** Delivers the event. Resolves when its handler runs and its time is measured, before there is an answer. */
  const begin = async (): Promise<{ answer(): Promise<string> }> => {
    const count = held.runs.entries.length + 1;
    const answer = made.deliver();
    await held.runs.has(count);
    await settled();
    return { answer: () => answer };
  };
  return { ...made, ...held, begin };
}

describe('handlers that are slower than handlerTimeoutMs', () => {
  test('are answered with 503 in time, and their signal aborts', async () => {
    const { begin, run, errors } = slowReceiver({ handlerTimeoutMs: 4_000 });
    const { answer } = await begin();
    await vi.advanceTimersByTimeAsync(3_999);
    expect(run(0).context.signal.aborted).toBe(false);
    expect(errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer()).toBe('503 HANDLER_TIMEOUT');
    expect(run(0).context.signal.aborted).toBe(true);
    expect(errors).toMatchObject([
      {
        code: 'HANDLER_TIMEOUT',
        message: 'The handlers were still running after 4000 ms.',
        hint: 'Their signal was aborted. They keep the event until they end, so nothing runs twice. Make them faster, or use an inbox.',
      },
    ]);
  });

  test('keep the event until they end: a duplicate is answered with 503, and then with 200', async () => {
    const { begin, deliver, run, runs, errors, letters } = slowReceiver();
    const { answer } = await begin();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await answer()).toBe('503 HANDLER_TIMEOUT');
    expect(await deliver()).toBe('503 IN_PROGRESS');
    run(0).resolve();
    await settled();
    expect(await deliver()).toBe('200 duplicate');
    expect(runs.entries).toHaveLength(1);
    expect(codesOf(errors)).toEqual(['HANDLER_TIMEOUT', 'IN_PROGRESS']);
    expect(letters).toEqual([]);
    await expectNoTimerLeft();
  });

  test('do not keep the process alive after the response, even if they never end', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const { begin } = slowReceiver();
    const { answer } = await begin();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await answer()).toBe('503 HANDLER_TIMEOUT');
    expect(timers.mock.results.map(({ value }) => value.hasRef())).toEqual([true, false]);
  });

  test('have an aborted signal, even if they read it only later', async () => {
    const waited = deferred();
    const started = deferred();
    const seen: boolean[] = [];
    const { deliver } = probe({
      handlerTimeoutMs: 1_000,
      on: {
        [TYPE]: async (_event, context) => {
          started.resolve();
          await waited.promise;
          seen.push(context.signal.aborted);
        },
      },
    });
    const answer = deliver();
    await started.promise;
    await settled();
    await vi.advanceTimersByTimeAsync(1_000);
    await answer;
    waited.resolve();
    await settled();
    expect(seen).toEqual([true]);
  });

  test('have 10 s by default', async () => {
    const { handler, runs } = heldHandler();
    const { deliver } = probe({ on: { [TYPE]: handler } });
    const answered = vi.fn();
    const answer = deliver().then(answered);
    await runs.has(1);
    await settled();
    await vi.advanceTimersByTimeAsync(9_999);
    expect(answered).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await answer;
    expect(answered).toHaveBeenCalledWith('503 HANDLER_TIMEOUT');
  });

  test('that fail late are reported, and the retry runs them again', async () => {
    const { begin, run, errors } = slowReceiver();
    const first = await begin();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await first.answer()).toBe('503 HANDLER_TIMEOUT');
    run(0).reject(crmIsDown);
    await settled();
    expect(codesOf(errors)).toEqual(['HANDLER_TIMEOUT', 'HANDLER_FAILED']);
    const retry = await begin();
    expect(run(1).context.attempt).toBe(2);
    run(1).resolve();
    expect(await retry.answer()).toBe('200 handled');
  });

  test('that throw a PermanentError late complete the event and leave a dead letter', async () => {
    const { begin, deliver, run, errors, letters } = slowReceiver();
    const first = await begin();
    await vi.advanceTimersByTimeAsync(1_000);
    await first.answer();
    run(0).reject(new PermanentError('There is no such deal.'));
    await settled();
    expect(codesOf(errors)).toEqual(['HANDLER_TIMEOUT', 'PERMANENT_FAILURE']);
    expect(letters).toMatchObject([{ reason: 'permanent', attempt: 1 }]);
    expect(await deliver()).toBe('200 duplicate');
  });

  test('that fail late in the last retry leave a dead letter', async () => {
    const { begin, run, letters } = slowReceiver();
    // The retries come 3, 7.5 and 14.25 s after the first response, and each run takes a second.
    for (const [index, pauseMs] of [3_000, 3_500, 5_750, 0].entries()) {
      expect(letters).toEqual([]);
      const { answer } = await begin();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await answer()).toBe('503 HANDLER_TIMEOUT');
      run(index).reject(crmIsDown);
      await settled();
      await vi.advanceTimersByTimeAsync(pauseMs);
    }
    expect(letters).toMatchObject([
      { reason: 'attempts-exhausted', attempt: 4, error: { cause: crmIsDown } },
    ]);
  });
});

describe('handlers that hang', () => {
  test('are reported and leave a dead letter after six timeouts', async () => {
    const { begin, errors, letters, run } = slowReceiver();
    const { answer } = await begin();
    await vi.advanceTimersByTimeAsync(5_999);
    expect(await answer()).toBe('503 HANDLER_TIMEOUT');
    expect(codesOf(errors)).toEqual(['HANDLER_TIMEOUT']);
    expect(letters).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    const { context } = run(0);
    expect(errors.slice(1)).toMatchObject([
      {
        code: 'HANDLER_TIMEOUT',
        message: 'The handlers had not ended after 6000 ms, and were given up.',
        hint: 'Something in a handler never settles: pass context.signal to its requests. Restart this process before you retry the event, because the same process does not run it a second time.',
      },
    ]);
    expect(letters).toMatchObject([
      { reason: 'handler-timeout', error: errors[1], event: { id: 'event-1' }, attempt: 1 },
    ]);
    expect(letters[0]?.rawBody).toEqual(context.rawBody);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(errors).toHaveLength(2);
    expect(letters).toHaveLength(1);
  });

  test('never run again in this process, although their lease is over', async () => {
    const { begin, deliver, mostAtOnce, runs } = slowReceiver();
    await begin();
    for (let minutes = 0; minutes < 10; minutes++) {
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await deliver()).toBe('503 IN_PROGRESS');
    }
    expect(runs.entries).toHaveLength(1);
    expect(mostAtOnce()).toBe(1);
  });

  test('run in another process after their lease is over, and not before', async () => {
    const ledger = createMemoryLedger();
    const hanging = slowReceiver({ ledger });
    const other = slowReceiver({ ledger });
    await hanging.begin();
    // The lease was renewed for the last time within 6 s, and is valid for 10 s.
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await other.deliver()).toBe('503 IN_PROGRESS');
    await vi.advanceTimersByTimeAsync(10_000);
    const { answer } = await other.begin();
    expect(other.run(0).context.attempt).toBe(2);
    other.run(0).resolve();
    expect(await answer()).toBe('200 handled');
  });

  test('and end at last complete the event', async () => {
    const { begin, deliver, run, errors } = slowReceiver();
    await begin();
    await vi.advanceTimersByTimeAsync(60_000);
    run(0).resolve();
    await settled();
    expect(await deliver()).toBe('200 duplicate');
    expect(codesOf(errors)).toEqual(['HANDLER_TIMEOUT', 'HANDLER_TIMEOUT']);
  });

  test('and fail at last become no second letter', async () => {
    const { begin, run, letters } = slowReceiver();
    await begin();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(letters).toHaveLength(1);
    run(0).reject(crmIsDown);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(letters.map(({ reason }) => reason)).toEqual(['handler-timeout']);
  });

  test('are given up too where timers are numbers, as in Workers', async () => {
    const timers: NodeJS.Timeout[] = [];
    const { setTimeout, clearTimeout } = globalThis;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((...args: Parameters<typeof setTimeout>) =>
      timers.push(setTimeout(...args))) as never);
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation((index) =>
      clearTimeout(timers[Number(index) - 1]),
    );
    onTestFinished(() => void vi.restoreAllMocks());
    const { begin, letters } = slowReceiver();
    const { answer } = await begin();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await answer()).toBe('503 HANDLER_TIMEOUT');
    expect(letters).toMatchObject([{ reason: 'handler-timeout' }]);
  });

  test('have six times the default too', async () => {
    const { begin, letters } = slowReceiver({ handlerTimeoutMs: 10_000 });
    await begin();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(letters).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(letters).toMatchObject([{ reason: 'handler-timeout' }]);
  });

  test('are reported even if nobody can keep the letter', async () => {
    const { begin, errors, receiver } = slowReceiver();
    receiver.onDeadLetter(() => Promise.reject(new Error('The disk is full.')));
    await begin();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(errors.map(({ message }) => message)).toEqual([
      'The handlers were still running after 1000 ms.',
      'The handlers had not ended after 6000 ms, and were given up.',
      'A dead letter could not be kept.',
    ]);
  });
});

describe('the lease', () => {
  test('is renewed while handlers run, so that no duplicate takes over', async () => {
    const { begin, deliver, run, runs, errors } = slowReceiver({ handlerTimeoutMs: 60_000 });
    const { answer } = await begin();
    for (let seconds = 5; seconds <= 55; seconds += 5) {
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await deliver()).toBe('503 IN_PROGRESS');
    }
    run(0).resolve();
    expect(await answer()).toBe('200 handled');
    expect(runs.entries).toHaveLength(1);
    expect(new Set(codesOf(errors))).toEqual(new Set(['IN_PROGRESS']));
  });

  test('is renewed after the timeout too, so that no other process takes over', async () => {
    const ledger = createMemoryLedger();
    const slow = slowReceiver({ ledger, handlerTimeoutMs: 5_000 });
    const other = slowReceiver({ ledger });
    const { answer } = await slow.begin();
    for (let seconds = 5; seconds < 30; seconds += 5) {
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await other.deliver()).toBe('503 IN_PROGRESS');
    }
    expect(await answer()).toBe('503 HANDLER_TIMEOUT');
    slow.run(0).resolve();
    await settled();
    expect(await other.deliver()).toBe('200 duplicate');
  });

  test('is renewed three times in its length, for all events at once', async () => {
    const ledger = createMemoryLedger();
    const checkpoint = vi.spyOn(ledger, 'checkpoint');
    const { handler, runs } = heldHandler();
    const { deliver } = probe({ handlerTimeoutMs: 60_000, ledger, on: { [TYPE]: handler } });
    const answers = [deliver('1'), deliver('2')];
    await runs.has(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(checkpoint.mock.calls.map(([{ key }, update]) => [key, update])).toStrictEqual(
      [3_333, 6_666, 9_999].flatMap(() => [
        ['default:1', { leaseMs: 10_000, handler: undefined }],
        ['default:2', { leaseMs: 10_000, handler: undefined }],
      ]),
    );
    runs.entries[0]?.resolve();
    expect(await answers[0]).toBe('200 handled');
    checkpoint.mockClear();
    await vi.advanceTimersByTimeAsync(3_333);
    expect(checkpoint.mock.calls.map(([{ key }]) => key)).toEqual(['default:2']);
    runs.entries[1]?.resolve();
    expect(await answers[1]).toBe('200 handled');
    await expectNoTimerLeft();
  });

  test('is renewed in an attempt that began while a renewal of the one before was under way', async () => {
    const memory = createMemoryLedger();
    const renewed = deferred();
    let renewals = 0;
    const slow = slowReceiver({
      handlerTimeoutMs: 60_000,
      ledger: {
        ...memory,
        async checkpoint(claim, update) {
          if (++renewals === 1) await renewed.promise;
          return memory.checkpoint(claim, update);
        },
      },
    });
    const other = slowReceiver({ ledger: memory });
    const first = await slow.begin();
    await vi.advanceTimersByTimeAsync(4_000);
    slow.run(0).reject(crmIsDown);
    expect(await first.answer()).toBe('500 HANDLER_FAILED');
    const second = await slow.begin();
    renewed.resolve();
    for (let seconds = 0; seconds < 30; seconds += 5) {
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await other.deliver()).toBe('503 IN_PROGRESS');
    }
    slow.run(1).resolve();
    expect(await second.answer()).toBe('200 handled');
  });

  test('of a process that died ends before the last retry, and what it had done stays done', async () => {
    const ledger = createMemoryLedger();
    const key = 'default:event-1';
    const claim = await ledger.claim({ key, bodyDigest: 1, leaseMs: 10_000 });
    if (claim.status !== 'claimed') throw new Error('The event was claimed before.');
    const update = { handler: 'crm', leaseMs: 10_000 };
    await ledger.checkpoint({ key, fence: claim.fence }, update);
    const { receiver, deliver } = probe({ ledger });
    const [crm, mail] = [vi.fn(), vi.fn()];
    receiver.on(TYPE, crm, { name: 'crm' }).on(TYPE, mail, { name: 'mail' });
    for (const pauseMs of [3_000, 4_500]) {
      await vi.advanceTimersByTimeAsync(pauseMs);
      expect(await deliver()).toBe('503 IN_PROGRESS');
    }
    await vi.advanceTimersByTimeAsync(6_750);
    expect(await deliver()).toBe('200 handled');
    expect(crm).not.toHaveBeenCalled();
    expect(mail).toHaveBeenCalledTimes(1);
  });
});

describe('if another process has taken the event over, because this one was paused', () => {
  /** Two processes that share a ledger. The first one's calls to the ledger are lost while it is paused. */
  async function takeOver() {
    const ledger = createMemoryLedger();
    const lost = { isPaused: true };
    const paused = slowReceiver({
      handlerTimeoutMs: 60_000,
      ledger: {
        ...ledger,
        checkpoint: (claim, update) => lost.isPaused || ledger.checkpoint(claim, update),
      },
    });
    const other = slowReceiver({ handlerTimeoutMs: 60_000, ledger });
    const pausedAnswer = await paused.begin();
    await vi.advanceTimersByTimeAsync(10_000);
    const otherAnswer = await other.begin();
    lost.isPaused = false;
    return { paused, pausedAnswer, other, otherAnswer };
  }

  test('the next renewal aborts the signal, and says so', async () => {
    const { paused, other } = await takeOver();
    expect(paused.run(0).context.signal.aborted).toBe(false);
    expect(other.run(0).context).toMatchObject({ attempt: 2, signal: { aborted: false } });
    await vi.advanceTimersByTimeAsync(3_334);
    expect(paused.run(0).context.signal.aborted).toBe(true);
    expect(paused.errors).toMatchObject([
      {
        code: 'LEDGER_FAILED',
        message: 'The ledger did not accept "checkpoint", because another process has taken the event over.',
        hint: 'This process was too late. Do handlers block the event loop, or was the process paused?',
      },
    ]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(paused.errors).toHaveLength(1);
  });

  test('what the old holder says changes nothing', async () => {
    const { paused, pausedAnswer, other, otherAnswer } = await takeOver();
    paused.run(0).resolve();
    expect(await pausedAnswer.answer()).toBe('200 handled');
    expect(paused.errors).toMatchObject([
      { message: 'The ledger did not accept "complete", because another process has taken the event over.' },
    ]);
    expect(await paused.deliver()).toBe('503 IN_PROGRESS');
    other.run(0).reject(crmIsDown);
    expect(await otherAnswer.answer()).toBe('500 HANDLER_FAILED');
    const retry = await other.begin();
    other.run(1).resolve();
    expect(await retry.answer()).toBe('200 handled');
  });
});
