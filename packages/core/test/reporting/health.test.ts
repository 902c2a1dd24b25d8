import { createReceiver, type Inbox, type ReceiverHealth } from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isSettled, KEY, probe, startTime, stopTime, TYPE } from '../support.ts';

afterEach(startTime);

describe('health', () => {
  test('is ready from the start without an inbox, and no longer when it is closed', async () => {
    const receiver = createReceiver({ keys: KEY });
    expect(await receiver.health()).toEqual({ isReady: true, lagMs: 0, problems: [] });
    await receiver.close();
    expect(await receiver.health()).toEqual({
      isReady: false,
      lagMs: 0,
      problems: ['The receiver is closed.'],
    });
  });

  test.each<readonly [string, Inbox['health'], ReceiverHealth]>([
    [
      'says what the inbox says',
      async () => ({ isReachable: true, lagMs: 70_000, problems: ['It is not synced to disk.'] }),
      { isReady: true, lagMs: 70_000, problems: ['It is not synced to disk.'] },
    ],
    [
      'is not ready while the inbox cannot be reached',
      async () => ({ isReachable: false, lagMs: 5, problems: ['The store cannot be read.'] }),
      { isReady: false, lagMs: 5, problems: ['The store cannot be read.'] },
    ],
    [
      'is not ready while the inbox cannot store anything',
      async () => ({ isReachable: true, isWritable: false, lagMs: 5, problems: ['The disk is full.'] }),
      { isReady: false, lagMs: 5, problems: ['The disk is full.'] },
    ],
    [
      'never rejects if the inbox does',
      () => Promise.reject(new Error('ECONNREFUSED')),
      { isReady: false, lagMs: 0, problems: ['The inbox did not answer: ECONNREFUSED'] },
    ],
    [
      'never rejects if the inbox throws',
      () => {
        throw 'no connection';
      },
      { isReady: false, lagMs: 0, problems: ['The inbox did not answer: no connection'] },
    ],
  ])('%s', async (_title, health, expected) => {
    const inbox = { ...createMemoryInbox(), health };
    const receiver = createReceiver({ keys: KEY, inbox, on: { [TYPE]: () => {} } });
    await receiver.start();
    expect(await receiver.health()).toEqual(expected);
    await receiver.close();
  });

  test('is not ready before the start, while deliveries are answered with 503', async () => {
    const { receiver, deliver } = probe({ inbox: createMemoryInbox(), on: { [TYPE]: () => {} } });
    expect(await receiver.health()).toEqual({
      isReady: false,
      lagMs: 0,
      problems: ['The receiver has an inbox, and start() was not called.'],
    });
    expect(await deliver()).toBe('503 INBOX_FAILED');
    await receiver.start();
    expect(await receiver.health()).toEqual({ isReady: true, lagMs: 0, problems: [] });
    await receiver.close();
    expect(await receiver.health()).toEqual({
      isReady: false,
      lagMs: 0,
      problems: ['The receiver is closed.'],
    });
  });

  test('is ready before the start if there are no handlers: then the receiver only stores', async () => {
    const { receiver, deliver } = probe({ inbox: createMemoryInbox() });
    expect(await receiver.health()).toEqual({ isReady: true, lagMs: 0, problems: [] });
    expect(await deliver()).toBe('202 queued');
  });

  test('waits for an inbox 2.5 s and no longer', async () => {
    stopTime();
    const inbox = { ...createMemoryInbox(), health: () => new Promise<never>(() => {}) };
    const health = createReceiver({ keys: KEY, inbox }).health();
    await vi.advanceTimersByTimeAsync(2_499);
    expect(await isSettled(health)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await health).toEqual({
      isReady: false,
      lagMs: 0,
      problems: ['The inbox did not answer: There was no result within 2500 ms.'],
    });
  });
});
