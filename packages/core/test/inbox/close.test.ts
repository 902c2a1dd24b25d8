import { createReceiver, type Inbox } from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { processWarnings } from '../reporting/process-warnings.ts';
import {
  delivery,
  heldHandler,
  isSettled,
  KEY,
  probe,
  settled,
  startTime,
  stopTime,
  TYPE,
} from '../support.ts';
import { watchedInbox } from './watched-inbox.ts';

beforeEach(stopTime);
afterEach(startTime);

const warnings = processWarnings();
const never = () => new Promise<never>(() => {});
const diskIsFull = new Error('The disk is full.');

describe('close of a receiver with an inbox', () => {
  test('waits for the handlers that run, and takes no new event from the inbox', async () => {
    const { inbox } = watchedInbox({ concurrency: 1 });
    const { handler, run, runs } = heldHandler();
    const { receiver, deliver } = probe({ inbox, on: { [TYPE]: handler } });
    await receiver.start();
    await deliver('1');
    await deliver('2');
    await runs.has(1);
    const closing = receiver.close();
    expect(await deliver('3')).toBe('503 CLOSED');
    expect(await isSettled(closing)).toBe(false);
    run(0).resolve();
    await closing;
    expect(runs.entries).toHaveLength(1);
    expect(await inbox.counts()).toEqual({ pending: 1, leased: 0, done: 1, dead: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('waits for a delivery that is being stored, before it closes the inbox', async () => {
    const calls: string[] = [];
    const memory = createMemoryInbox();
    let store = () => {};
    const inbox: Inbox = {
      ...memory,
      put: (entry) =>
        new Promise((resolve) => {
          store = () => {
            calls.push('put');
            resolve(memory.put(entry));
          };
        }),
      close: async () => void calls.push('close'),
    };
    const { receiver, deliver } = probe({ inbox });
    const answer = deliver();
    await settled();
    const closing = receiver.close();
    expect(await isSettled(closing)).toBe(false);
    store();
    expect(await answer).toBe('202 queued');
    await closing;
    expect(calls).toEqual(['put', 'close']);
  });

  test('closes the inbox once, however often it is called', async () => {
    const inbox = createMemoryInbox();
    const close = vi.spyOn(inbox, 'close');
    const { receiver } = probe({ inbox });
    await Promise.all([receiver.close(), receiver.close(), receiver.close()]);
    expect(close).toHaveBeenCalledTimes(1);
  });

  test('gives the inbox the time that is left, less a moment for closing its store', async () => {
    const inbox = createMemoryInbox();
    const close = vi.spyOn(inbox, 'close');
    const timeouts = () => close.mock.calls.map(([options]) => options?.timeoutMs);
    await probe({ inbox }).receiver.close();
    expect(timeouts()).toEqual([9_000]);
    close.mockClear();
    await probe({ inbox }).receiver.close({ timeoutMs: 2_000 });
    expect(timeouts()).toEqual([1_500]);
    close.mockClear();
    await probe({ inbox }).receiver.close({ timeoutMs: 30_000 });
    expect(timeouts()).toEqual([29_000]);
  });

  test('gives deliveries half of the time, and the inbox the rest', async () => {
    const inbox = createMemoryInbox();
    const close = vi.spyOn(inbox, 'close');
    const { receiver } = probe({ inbox });
    void receiver.receive({ ...delivery(), body: never });
    const closing = receiver.close({ timeoutMs: 4_000 });
    await vi.advanceTimersByTimeAsync(1_999);
    expect(close).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(close.mock.calls).toEqual([[{ timeoutMs: 1_500 }]]);
    await closing;
  });

  test('aborts the handlers that are still running when the time is over', async () => {
    const { inbox } = watchedInbox();
    const { handler, run, runs } = heldHandler();
    const { receiver, deliver } = probe({ inbox, on: { [TYPE]: handler } });
    await receiver.start();
    await deliver();
    await runs.has(1);
    const closing = receiver.close({ timeoutMs: 4_000 });
    await vi.advanceTimersByTimeAsync(2_999);
    expect(run(0).context.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(run(0).context.signal.aborted).toBe(true);
    expect(await isSettled(closing)).toBe(true);
    expect(await inbox.counts()).toMatchObject({ leased: 1 });
  });
});

describe('close resolves within timeoutMs and says why, before it resolves, if', () => {
  const TROUBLES: readonly (readonly [string, Inbox['close'], string, atMs: number])[] = [
    ['the inbox rejects', () => Promise.reject(diskIsFull), 'The disk is full.', 0],
    [
      'the inbox throws',
      () => {
        throw diskIsFull;
      },
      'The disk is full.',
      0,
    ],
    ['the inbox hangs', never, 'There was no result within 500 ms.', 500],
  ];

  test.each(TROUBLES)('%s', async (_what, close, cause, atMs) => {
    const { receiver, errors } = probe({ inbox: { ...createMemoryInbox(), close } });
    const closing = receiver.close({ timeoutMs: 500 });
    if (atMs > 0) {
      await vi.advanceTimersByTimeAsync(atMs - 1);
      expect(await isSettled(closing)).toBe(false);
      vi.advanceTimersByTime(1);
    }
    expect(await closing).toBe(undefined);
    expect(errors).toMatchObject([
      { code: 'INBOX_FAILED', message: 'The inbox failed at "close".', cause: { message: cause } },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each(TROUBLES)('%s, and deliveries hang', async (_what, close) => {
    const { receiver, errors } = probe({ inbox: { ...createMemoryInbox(), close } });
    void receiver.receive({ ...delivery(), body: never });
    await settled();
    const closing = receiver.close({ timeoutMs: 500 });
    await vi.advanceTimersByTimeAsync(500);
    expect(await isSettled(closing)).toBe(true);
    expect(errors).toMatchObject([{ message: 'The inbox failed at "close".' }]);
  });

  test('the store of the inbox hangs while it closes', async () => {
    const { inbox } = watchedInbox(undefined, { close: never });
    const { receiver, errors } = probe({ inbox });
    await receiver.start();
    const closing = receiver.close({ timeoutMs: 500 });
    await vi.advanceTimersByTimeAsync(500);
    expect(await isSettled(closing)).toBe(true);
    expect(errors).toMatchObject([{ message: 'The inbox failed at "close".' }]);
  });

  test('handlers hang, and the store hangs while it closes', async () => {
    const { handler, runs } = heldHandler();
    const { inbox } = watchedInbox(undefined, { close: never });
    const { receiver, deliver, errors } = probe({ inbox, on: { [TYPE]: handler } });
    await receiver.start();
    await deliver();
    await runs.has(1);
    const closing = receiver.close({ timeoutMs: 500 });
    await vi.advanceTimersByTimeAsync(499);
    expect(await isSettled(closing)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(closing)).toBe(true);
    expect(errors).toMatchObject([{ message: 'The inbox failed at "close".' }]);
  });

  test('deliveries hang, and there is no logger: the process warns', async () => {
    const { receiver } = probe({ inbox: createMemoryInbox() });
    void receiver.receive({ ...delivery(), body: never });
    await settled();
    const closing = receiver.close({ timeoutMs: 500 });
    vi.advanceTimersByTime(250);
    await closing;
    expect(warnings.entries).toMatchObject([{ code: 'CLOSED_EARLY' }]);
  });

  test('the inbox rejects, and nobody listens: the process warns', async () => {
    const close = () => Promise.reject(diskIsFull);
    const receiver = createReceiver({
      keys: KEY,
      inbox: { ...createMemoryInbox(), close },
    });
    await receiver.close();
    expect(warnings.entries).toMatchObject([
      { code: 'INBOX_FAILED', detail: expect.stringContaining('The disk is full.') },
    ]);
  });

  test('a listener fails too', async () => {
    const close = () => Promise.reject(diskIsFull);
    const { receiver } = probe({ inbox: { ...createMemoryInbox(), close } });
    receiver.onError(() => {
      throw new Error('The listener is broken.');
    });
    expect(await receiver.close()).toBe(undefined);
  });
});
