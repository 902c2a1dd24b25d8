import { createMemoryLedger, type HandlerContext, PermanentError } from '@showpad-webhooks/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Deferred, deferred, NOW_MS, probe, probeWithLetters, stopTime, TYPE } from './support.ts';

beforeEach(stopTime);
afterEach(() => {
  vi.useRealTimers();
});

/** A handler whose runs a test ends when it wants to. */
function heldHandler() {
  const runs: (Deferred<void> & { readonly context: HandlerContext })[] = [];
  const handler = (_event: unknown, context: HandlerContext) => {
    const run = deferred();
    runs.push({ ...run, context });
    return run.promise;
  };
  /** The run that began as the nth, from 0. */
  const run = (index: number) => {
    const found = runs[index];
    if (!found) throw new Error(`the handler ran ${runs.length} times only`);
    return found;
  };
  return { handler, run, count: () => runs.length };
}

describe('handlers slower than handlerTimeoutMs', () => {
  test('are answered 503 in time, with their signal aborted, and end as they will', async () => {
    const { handler, run, count } = heldHandler();
    const { deliver, errors } = probe({ handlerTimeoutMs: 4_000, on: { [TYPE]: handler } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(3_999);
    expect(run(0).context.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toBe('503 IN_PROGRESS');
    expect(errors[0]?.message).toBe('the handlers were still running after 4000 ms');
    expect(run(0).context.signal.aborted).toBe(true);
    expect(await deliver()).toBe('503 IN_PROGRESS');
    run(0).resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(await deliver()).toBe('200 duplicate');
    expect(count()).toBe(1);
  });

  test('abort a signal that the handler looks at only then', async () => {
    const waited = deferred();
    const seen: boolean[] = [];
    const { deliver } = probe({
      handlerTimeoutMs: 1_000,
      on: {
        [TYPE]: async (_event, context) => {
          await waited.promise;
          seen.push(context.signal.aborted);
        },
      },
    });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(1_000);
    await answer;
    waited.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual([true]);
  });

  test('have 10 s by default', async () => {
    const { handler } = heldHandler();
    const { deliver } = probe({ on: { [TYPE]: handler } });
    const answered = vi.fn();
    const answer = deliver().then(answered);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(answered).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await answer;
    expect(answered).toHaveBeenCalledWith('503 IN_PROGRESS');
  });

  test('that fail late are reported, and the retry runs them again', async () => {
    const { handler, run } = heldHandler();
    const { deliver, errors } = probe({ handlerTimeoutMs: 1_000, on: { [TYPE]: handler } });
    const first = deliver();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await first).toBe('503 IN_PROGRESS');
    run(0).reject(new Error('the CRM is down'));
    await vi.advanceTimersByTimeAsync(0);
    expect(errors.map(({ code }) => code)).toEqual(['IN_PROGRESS', 'HANDLER_FAILED']);
    const retry = deliver();
    await vi.advanceTimersByTimeAsync(0);
    expect(run(1).context.attempt).toBe(2);
    run(1).resolve();
    expect(await retry).toBe('200 handled');
  });

  test('that refuse late complete the event and leave a dead letter', async () => {
    const { handler, run } = heldHandler();
    const { deliver, errors, letters } = probeWithLetters({
      handlerTimeoutMs: 1_000,
      on: { [TYPE]: handler },
    });
    const first = deliver();
    await vi.advanceTimersByTimeAsync(1_000);
    await first;
    run(0).reject(new PermanentError('no such deal'));
    await vi.advanceTimersByTimeAsync(0);
    expect(errors.map(({ code }) => code)).toEqual(['IN_PROGRESS', 'PERMANENT_FAILURE']);
    expect(letters).toMatchObject([{ reason: 'permanent' }]);
    expect(await deliver()).toBe('200 duplicate');
  });
});

describe('the lease', () => {
  test('is renewed while handlers run, so that no duplicate takes over', async () => {
    const { handler, run, count } = heldHandler();
    const { deliver, errors } = probe({ handlerTimeoutMs: 60_000, on: { [TYPE]: handler } });
    const answer = deliver();
    for (let seconds = 5; seconds <= 55; seconds += 5) {
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await deliver()).toBe('503 IN_PROGRESS');
    }
    run(0).resolve();
    expect(await answer).toBe('200 handled');
    expect(count()).toBe(1);
    expect(errors.every(({ code }) => code === 'IN_PROGRESS')).toBe(true);
  });

  test('is renewed three times in its length, and no longer than the handlers run', async () => {
    const ledger = createMemoryLedger();
    const checkpoint = vi.spyOn(ledger, 'checkpoint');
    const { handler, run } = heldHandler();
    const { deliver } = probe({ handlerTimeoutMs: 60_000, ledger, on: { [TYPE]: handler } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(10_000);
    const updates = checkpoint.mock.calls.map(([claim, update]) => ({ ...claim, ...update }));
    expect(updates.length).toBeGreaterThanOrEqual(2);
    expect(new Set(updates.map(({ key, leaseMs }) => `${key} ${leaseMs}`))).toEqual(
      new Set(['default:event-1 10000']),
    );
    run(0).resolve();
    await answer;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that is over is claimed again, and what the old holder says after that changes nothing', async () => {
    const { handler, run, count } = heldHandler();
    const { deliver, errors } = probe({ on: { [TYPE]: handler } });
    const first = deliver();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await first).toBe('503 IN_PROGRESS');
    await vi.advanceTimersByTimeAsync(10_000);
    const second = deliver();
    await vi.advanceTimersByTimeAsync(0);
    expect(count()).toBe(2);
    expect(run(0).context.signal.aborted).toBe(true);
    expect(run(1).context).toMatchObject({ attempt: 2, signal: { aborted: false } });

    errors.length = 0;
    run(0).resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(errors).toMatchObject([{ code: 'LEDGER_FAILED', message: "the ledger's complete came too late" }]);
    expect(await deliver()).toBe('503 IN_PROGRESS');
    run(1).reject(new Error('the CRM is down'));
    expect(await second).toBe('500 HANDLER_FAILED');

    const third = deliver();
    await vi.advanceTimersByTimeAsync(0);
    run(2).resolve();
    expect(await third).toBe('200 handled');
  });

  test('of a process that died is over before the last retry, and what it had done stays done', async () => {
    const ledger = createMemoryLedger();
    const crm = vi.fn();
    const claim = await ledger.claim({
      key: 'default:event-1',
      bodyDigest: 1,
      leaseMs: 10_000,
      nowMs: NOW_MS,
    });
    if (claim.status !== 'claimed') throw new Error('the event was claimed before');
    const update = { handler: 'crm', leaseMs: 10_000, nowMs: NOW_MS };
    await ledger.checkpoint({ key: 'default:event-1', fence: claim.fence }, update);
    const { receiver, deliver } = probe({ ledger });
    const mail = vi.fn();
    receiver.on(TYPE, crm, { name: 'crm' }).on(TYPE, mail, { name: 'mail' });
    for (const atMs of [3_000, 7_500]) {
      vi.setSystemTime(NOW_MS + atMs);
      expect(await deliver()).toBe('503 IN_PROGRESS');
    }
    vi.setSystemTime(NOW_MS + 14_250);
    expect(await deliver()).toBe('200 handled');
    expect(crm).not.toHaveBeenCalled();
    expect(mail).toHaveBeenCalledTimes(1);
  });
});
