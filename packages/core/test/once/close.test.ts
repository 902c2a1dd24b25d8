import { createMemoryLedger, type Ledger, PermanentError } from '@showpad-webhooks/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { processWarnings } from '../reporting/process-warnings.ts';
import {
  deferred,
  delivery,
  expectNoTimerLeft,
  heldHandler,
  isSettled,
  probe,
  settled,
  startTime,
  stopTime,
  TYPE,
} from '../support.ts';

beforeEach(stopTime);
afterEach(startTime);

const warnings = processWarnings();
const never = () => new Promise<never>(() => {});

function silentLogger() {
  return { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
}

describe('close', () => {
  test('makes new deliveries fail with 503, and their connections close', async () => {
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
    expect(errors).toMatchObject([
      {
        code: 'CLOSED',
        message: 'The receiver is closed.',
        hint: 'Stop the server before you call close(). Showpad will retry.',
      },
    ]);
    expect(handler).not.toHaveBeenCalled();
  });

  test('resolves at once if nothing runs, and leaves no timer', async () => {
    const logger = silentLogger();
    const { receiver, deliver } = probe({ logger, on: { [TYPE]: () => {} } });
    await deliver();
    expect(await isSettled(receiver.close())).toBe(true);
    expect(logger.warn).not.toHaveBeenCalled();
    await expectNoTimerLeft();
  });

  test('leaves no timer if nothing ever ran', async () => {
    await probe().receiver.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('waits without end if it should, although Node has no such timer', async () => {
    const { handler, run, runs } = heldHandler();
    const { receiver, deliver } = probe({ on: { [TYPE]: handler }, handlerTimeoutMs: 1e12 });
    const answer = deliver();
    await runs.has(1);
    const closing = receiver.close({ timeoutMs: Number.POSITIVE_INFINITY });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await isSettled(Promise.race([answer, closing]))).toBe(false);
    run(0).resolve();
    expect(await answer).toBe('200 handled');
    await closing;
  });

  test('waits for every delivery that runs, and lets it finish', async () => {
    const { handler, run, runs } = heldHandler();
    const logger = silentLogger();
    const { receiver, deliver } = probe({ logger, on: { [TYPE]: handler } });
    const answers = [deliver('0'), deliver('1')];
    await runs.has(2);
    const closed = receiver.close();
    run(0).resolve();
    expect(await isSettled(closed)).toBe(false);
    run(1).resolve();
    expect(await Promise.all(answers)).toEqual(['200 handled', '200 handled']);
    await closed;
    expect(logger.warn).not.toHaveBeenCalled();
    await expectNoTimerLeft();
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

  test('waits for each of two deliveries of one request', async () => {
    const bodies = [deferred<Uint8Array>(), deferred<Uint8Array>()];
    const { receiver } = probe();
    let reads = 0;
    const { body, ...request } = delivery();
    const twice = { ...request, body: () => (bodies[reads++] ?? bodies[0])?.promise as Promise<Uint8Array> };
    const receipts = [receiver.receive(twice), receiver.receive(twice)];
    const closed = receiver.close();
    bodies[0]?.resolve(body);
    await receipts[0];
    expect(await isSettled(closed)).toBe(false);
    bodies[1]?.resolve(body);
    await closed;
    expect((await receipts[1])?.outcome).toBe('ignored');
  });

  test.each([
    ['succeed', (run: { resolve(): void }) => run.resolve()],
    ['fail', (run: { reject(error: unknown): void }) => run.reject(new PermanentError('No.'))],
  ])('waits for handlers that outlived their response, and then %s', async (_how, end) => {
    const { handler, run, runs } = heldHandler();
    const { receiver, deliver } = probe({ handlerTimeoutMs: 1_000, on: { [TYPE]: handler } });
    const answer = deliver();
    await runs.has(1);
    await settled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await answer).toBe('503 HANDLER_TIMEOUT');
    const closed = receiver.close();
    expect(await isSettled(closed)).toBe(false);
    end(run(0));
    await closed;
    await expectNoTimerLeft();
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
    body.reject(new Error('The sender closed the connection.'));
    expect((await receipt).error?.code).toBe('RAW_BODY_UNAVAILABLE');
  });

  test('waits for the same if it is called again, whatever the second timeout is', async () => {
    const { handler, run, runs } = heldHandler();
    const { receiver, deliver } = probe({ on: { [TYPE]: handler } });
    const answer = deliver();
    await runs.has(1);
    const first = receiver.close();
    const second = receiver.close({ timeoutMs: 1 });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await isSettled(second)).toBe(false);
    run(0).resolve();
    await Promise.all([first, second, answer]);
    await receiver.close();
  });
});

describe('close resolves after timeoutMs, whatever still runs', () => {
  test('then signals abort, and a warning is logged before it resolves', async () => {
    const { handler, run, runs } = heldHandler();
    const logger = silentLogger();
    const { receiver, deliver } = probe({ name: 'crm', logger, on: { [TYPE]: handler } });
    const answers = [deliver('event-1'), deliver('event-2')];
    await runs.has(2);
    const closed = receiver.close({ timeoutMs: 500 });
    await vi.advanceTimersByTimeAsync(499);
    expect(await isSettled(closed)).toBe(false);
    expect(runs.entries.map(({ context }) => context.signal.aborted)).toEqual([false, false]);
    expect(logger.warn).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    await closed;
    expect(logger.warn.mock.calls).toEqual([
      [
        { receiverName: 'crm', deliveries: 2 },
        'The receiver was closed while 2 deliveries were still running.',
      ],
    ]);
    expect(runs.entries.map(({ context }) => context.signal.aborted)).toEqual([true, true]);
    for (const index of [0, 1]) run(index).resolve();
    expect(await Promise.all(answers)).toEqual(['200 handled', '200 handled']);
    await expectNoTimerLeft();
  });

  test('without a logger the process warns before it resolves', async () => {
    const { handler, runs } = heldHandler();
    const { receiver, deliver } = probe({ on: { [TYPE]: handler } });
    void deliver();
    await runs.has(1);
    const closed = receiver.close({ timeoutMs: 500 });
    vi.advanceTimersByTime(500);
    await closed;
    // An app calls process.exit() next, so it would be too late for a warning now.
    expect(warnings.entries).toMatchObject([
      {
        name: 'ShowpadWebhooksWarning',
        code: 'CLOSED_EARLY',
        message: expect.stringMatching(/^The receiver was closed while 1 deliver/),
      },
    ]);
  });

  test.each<[string, Parameters<typeof probe>[0], boolean]>([
    ['handlers that hang', { on: { [TYPE]: never } }, false],
    ['handlers that outlived their response', { handlerTimeoutMs: 100, on: { [TYPE]: never } }, false],
    ['a body that never comes', {}, true],
    ['a key resolver that hangs', { keys: never }, false],
    [
      'a ledger that hangs',
      {
        on: { [TYPE]: () => {} },
        ledger: { claim: never, checkpoint: never, complete: never, release: never },
      },
      false,
    ],
  ])('%s', async (_what, options, hasNoBody) => {
    const { receiver } = probe(options);
    void receiver.receive({ ...delivery(), ...(hasNoBody && { body: never }) });
    await settled();
    await vi.advanceTimersByTimeAsync(200);
    const closed = receiver.close({ timeoutMs: 500 });
    await vi.advanceTimersByTimeAsync(499);
    expect(await isSettled(closed)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(closed)).toBe(true);
  });

  test('also if the ledger hangs while it is told how events ended, which is reported', async () => {
    const ledger: Ledger = { ...createMemoryLedger(), complete: never };
    const { receiver, deliver, errors } = probe({ ledger, on: { [TYPE]: () => {} } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await answer).toBe('200 handled');
    errors.length = 0;
    const closed = receiver.close({ timeoutMs: 1_000 });
    await vi.advanceTimersByTimeAsync(999);
    expect(await isSettled(closed)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(closed)).toBe(true);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['LEDGER_FAILED', 'The ledger failed at "close".'],
    ]);
  });

  test('with a timeout of 0 it does not wait at all', async () => {
    const { handler, run, runs } = heldHandler();
    const { receiver, deliver } = probe({ on: { [TYPE]: handler } });
    void deliver();
    await runs.has(1);
    const closed = receiver.close({ timeoutMs: 0 });
    await vi.advanceTimersByTimeAsync(0);
    await closed;
    expect(run(0).context.signal.aborted).toBe(true);
  });

  test('and the lease of what still runs is not renewed once more, because the next process waits for its end', async () => {
    const ledger = createMemoryLedger();
    const checkpoint = vi.spyOn(ledger, 'checkpoint');
    const { handler, run, runs } = heldHandler();
    const { receiver, deliver } = probe({ ledger, on: { [TYPE]: handler } });
    const answer = deliver();
    await runs.has(1);
    const closed = receiver.close({ timeoutMs: 500 });
    await vi.advanceTimersByTimeAsync(500);
    await closed;
    expect(checkpoint).not.toHaveBeenCalled();
    run(0).resolve();
    expect(await answer).toBe('200 handled');
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('The log is full.');
      },
    ],
    ['rejects', () => Promise.reject(new Error('The log is full.'))],
  ])('with a logger that %s', async (_how, warn) => {
    const { handler, run, runs } = heldHandler();
    const { receiver, deliver } = probe({ logger: { ...silentLogger(), warn }, on: { [TYPE]: handler } });
    const answer = deliver();
    await runs.has(1);
    const closed = receiver.close({ timeoutMs: 500 });
    await vi.advanceTimersByTimeAsync(500);
    expect(await closed).toBe(undefined);
    run(0).resolve();
    expect(await answer).toBe('200 handled');
  });

  test('with a listener of a signal that throws', async () => {
    const unhandled = vi.fn();
    process.on('uncaughtException', unhandled);
    const { handler, run, runs } = heldHandler();
    const { receiver, deliver } = probe({ on: { [TYPE]: handler } });
    void deliver();
    await runs.has(1);
    run(0).context.signal.addEventListener('abort', () => {
      throw new Error('The listener is broken.');
    });
    const closed = receiver.close({ timeoutMs: 500 });
    await vi.advanceTimersByTimeAsync(500);
    expect(await closed).toBe(undefined);
    process.off('uncaughtException', unhandled);
  });
});
