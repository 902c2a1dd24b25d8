import { PermanentError } from '@showpad-webhooks/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deferred, delivery, probe, stopTime, TYPE } from './support.ts';

beforeEach(stopTime);
afterEach(() => {
  vi.useRealTimers();
});

/** Whether a promise has settled, once all that can go on has gone on. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const settled = vi.fn();
  void promise.then(settled, settled);
  await vi.advanceTimersByTimeAsync(0);
  return settled.mock.calls.length > 0;
}

function silentLogger() {
  return { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
}

describe('close', () => {
  test('refuses new deliveries with 503, and their connections close', async () => {
    const handler = vi.fn();
    const { receiver, errors } = probe({ on: { [TYPE]: handler } });
    await receiver.close();
    const { outcome, response } = await receiver.receive(delivery());
    expect(outcome).toBe('unavailable');
    expect(response).toMatchObject({
      status: 503,
      headers: { connection: 'close', 'retry-after': '3' },
      body: '{"outcome":"unavailable","code":"CLOSED"}',
    });
    expect(errors.map(({ code }) => code)).toEqual(['CLOSED']);
    expect(handler).not.toHaveBeenCalled();
  });

  test('resolves at once where nothing runs, and leaves no timer', async () => {
    const { receiver, deliver } = probe({ on: { [TYPE]: () => {} } });
    await deliver();
    await receiver.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('waits without end where it is told to, though Node has no such timer', async () => {
    const run = deferred();
    const { receiver, deliver } = probe({ on: { [TYPE]: () => run.promise }, handlerTimeoutMs: 1e12 });
    const answer = deliver();
    const closing = receiver.close({ timeoutMs: Number.POSITIVE_INFINITY });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await isSettled(Promise.race([answer, closing]))).toBe(false);
    run.resolve();
    expect(await answer).toBe('200 handled');
    await closing;
  });

  test('waits for every delivery that runs, and lets it finish', async () => {
    const runs = [deferred(), deferred()];
    const { receiver, deliver } = probe({ on: { [TYPE]: (event) => runs[Number(event.id)]?.promise } });
    const answers = [deliver('0'), deliver('1')];
    await vi.advanceTimersByTimeAsync(0);
    const closed = receiver.close();
    runs[0]?.resolve();
    expect(await isSettled(closed)).toBe(false);
    runs[1]?.resolve();
    expect(await Promise.all(answers)).toEqual(['200 handled', '200 handled']);
    await closed;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('waits for a delivery whose body is still arriving', async () => {
    const body = deferred<Uint8Array>();
    const { receiver } = probe({ on: { [TYPE]: () => {} } });
    const request = delivery();
    const receipt = receiver.receive({ ...request, body: () => body.promise });
    const closed = receiver.close();
    expect(await isSettled(closed)).toBe(false);
    body.resolve(request.body);
    expect((await receipt).outcome).toBe('handled');
    await closed;
  });

  test.each([
    ['succeed', (run: ReturnType<typeof deferred<void>>) => run.resolve()],
    ['fail', (run: ReturnType<typeof deferred<void>>) => run.reject(new PermanentError('no'))],
  ])('waits for handlers that outlived their answer, and then %s', async (_how, end) => {
    const run = deferred();
    const { receiver, deliver } = probe({ handlerTimeoutMs: 1_000, on: { [TYPE]: () => run.promise } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await answer).toBe('503 IN_PROGRESS');
    const closed = receiver.close();
    expect(await isSettled(closed)).toBe(false);
    end(run);
    await closed;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('waits no longer than timeoutMs: then signals abort, and a warning is logged', async () => {
    const signals: AbortSignal[] = [];
    const run = deferred();
    const logger = silentLogger();
    const { receiver, deliver } = probe({
      name: 'crm',
      logger,
      on: {
        [TYPE]: (_event, { signal }) => {
          signals.push(signal);
          return run.promise;
        },
      },
    });
    const answers = [deliver('event-1'), deliver('event-2')];
    await vi.advanceTimersByTimeAsync(0);
    const closed = receiver.close({ timeoutMs: 500 });
    await vi.advanceTimersByTimeAsync(499);
    expect(await isSettled(closed)).toBe(false);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(logger.warn.mock.calls).toEqual([
      [{ receiver: 'crm', deliveries: 2 }, 'closed with deliveries still running'],
    ]);
    run.resolve();
    expect(await Promise.all(answers)).toEqual(['200 handled', '200 handled']);
  });

  test('waits 10 s by default', async () => {
    const body = deferred<Uint8Array>();
    const { receiver } = probe();
    const receipt = receiver.receive({ ...delivery(), body: () => body.promise });
    const closed = receiver.close();
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await isSettled(closed)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(closed)).toBe(true);
    body.reject(new Error('the sender hung up'));
    expect((await receipt).error?.code).toBe('RAW_BODY_UNAVAILABLE');
  });

  test('resolves though the logger throws', async () => {
    const logger = {
      ...silentLogger(),
      warn: () => {
        throw new Error('the log is full');
      },
    };
    const run = deferred();
    const { receiver, deliver } = probe({ logger, on: { [TYPE]: () => run.promise } });
    const answer = deliver();
    const closed = receiver.close({ timeoutMs: 500 });
    await vi.advanceTimersByTimeAsync(500);
    await closed;
    run.resolve();
    expect(await answer).toBe('200 handled');
  });

  test('called again waits for the same, whatever its time', async () => {
    const run = deferred();
    const { receiver, deliver } = probe({ on: { [TYPE]: () => run.promise } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(0);
    const first = receiver.close();
    const second = receiver.close({ timeoutMs: 1 });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await isSettled(second)).toBe(false);
    run.resolve();
    await Promise.all([first, second, answer]);
    await receiver.close();
  });
});
