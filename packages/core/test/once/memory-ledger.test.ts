import { type ClaimResult, createMemoryLedger, type MemoryLedgerOptions } from '@showpad-webhooks/core';
import { ledgerConformance } from '@showpad-webhooks/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { usedBytes } from '../memory.ts';
import { deferred, delivery, NOW_MS, probe, TYPE } from '../support.ts';

describe('the memory ledger conforms', () => {
  for (const { name, run } of ledgerConformance(() => createMemoryLedger())) test(name, run);
});

const LEASE_MS = 10_000;

/** A ledger, and short ways to use it at a time after `NOW_MS`. */
function book(options?: MemoryLedgerOptions) {
  let nowMs = NOW_MS;
  const ledger = createMemoryLedger({ now: () => nowMs, ...options });
  const claim = (key: string, afterMs = 0): ClaimResult => {
    nowMs = NOW_MS + afterMs;
    return ledger.claim({ key, bodyDigest: 1, leaseMs: LEASE_MS }) as ClaimResult;
  };
  const settle =
    (how: 'complete' | 'release') =>
    (key: string, afterMs = 0) => {
      const claimed = claim(key, afterMs);
      if (claimed.status !== 'claimed') throw new Error(`${key} is ${claimed.status}.`);
      const { fence } = claimed;
      ledger.checkpoint({ key, fence }, { handler: 'crm', leaseMs: LEASE_MS });
      expect(ledger[how]({ key, fence })).toBe(true);
    };
  const wait = (ms: number) => {
    nowMs += ms;
  };
  return { ledger, claim, complete: settle('complete'), fail: settle('release'), wait };
}

describe('maxEntries', () => {
  test.each([2, 3, 4, 10, 15])(
    'of %i means that the latest half is remembered, and no more than all',
    (maxEntries) => {
      for (let settled = 1; settled <= 3 * maxEntries; settled++) {
        const keys = Array.from({ length: settled }, (_, index) => `event-${index}`);
        const isKnown = keys.map((probed) => {
          const { claim, complete } = book({ maxEntries });
          for (const key of keys) complete(key);
          return claim(probed).status === 'completed';
        });
        expect(isKnown.slice(-Math.floor(maxEntries / 2))).not.toContain(false);
        expect(isKnown.filter(Boolean).length).toBeLessThanOrEqual(2 * Math.ceil(maxEntries / 2));
      }
    },
  );

  test('forgets the oldest first', () => {
    const { claim, complete } = book({ maxEntries: 4 });
    for (const key of ['a', 'b', 'c', 'd', 'e']) complete(key);
    expect(['c', 'd', 'e'].map((key) => claim(key).status)).toEqual(['completed', 'completed', 'completed']);
    expect(['a', 'b'].map((key) => claim(key).status)).toEqual(['claimed', 'claimed']);
  });

  test('remembers a failed event as long as a completed one', () => {
    const { claim, complete, fail } = book({ maxEntries: 4 });
    for (const key of ['a', 'b', 'c']) complete(key);
    fail('d');
    complete('e');
    expect(claim('d')).toMatchObject({ status: 'claimed', attempt: 2, done: ['crm'] });
  });

  test('never forgets an event that is being handled', () => {
    const { ledger, claim, complete } = book({ maxEntries: 4 });
    const { fence } = claim('live') as Extract<ClaimResult, { status: 'claimed' }>;
    for (let index = 0; index < 20; index++) {
      complete(`event-${index}`);
      expect(claim('live').status).toBe('in-progress');
    }
    expect(ledger.complete({ key: 'live', fence })).toBe(true);
    complete('another');
    expect(claim('live').status).toBe('completed');
  });

  test('makes claim throw if as many are being handled, until one is settled', () => {
    const { ledger, claim } = book({ maxEntries: 2 });
    claim('a');
    const { fence } = claim('b') as Extract<ClaimResult, { status: 'claimed' }>;
    expect(() => claim('c')).toThrow(new Error('2 events are being handled at once. Raise maxEntries.'));
    expect(['a', 'b'].map((key) => claim(key).status)).toEqual(['in-progress', 'in-progress']);
    ledger.complete({ key: 'b', fence });
    expect(claim('c').status).toBe('claimed');
  });

  test('makes claim throw without forgetting anything', () => {
    const { claim, complete } = book({ maxEntries: 2 });
    complete('done');
    for (const key of ['a', 'b']) claim(key);
    for (let count = 0; count < 5; count++) expect(() => claim('c')).toThrow('Raise maxEntries.');
    expect(claim('done').status).toBe('completed');
  });

  test('is answered with 503 if there is no room, so the event comes again', async () => {
    const ledger = createMemoryLedger({ maxEntries: 2 });
    const running = deferred();
    const { receiver, deliver, errors } = probe({ ledger, on: { [TYPE]: () => running.promise } });
    const first = ['event-1', 'event-2'].map((id) => receiver.receive(delivery(id)));
    expect(await deliver('event-3')).toBe('503 LEDGER_FAILED');
    expect(errors[0]?.cause).toEqual(new Error('2 events are being handled at once. Raise maxEntries.'));
    running.resolve();
    expect((await Promise.all(first)).map(({ outcome }) => outcome)).toEqual(['handled', 'handled']);
    expect(await deliver('event-3')).toBe('200 handled');
  });

  test('is 200,000 by default', () => {
    const { claim } = book();
    for (let count = 1; count <= 200_000; count++) claim(`${count}`);
    expect(() => claim('one more')).toThrow('200000 events are being handled at once. Raise maxEntries.');
  });

  test('makes claim forget what nobody holds any more if there is no room', () => {
    const { claim } = book({ maxEntries: 2 });
    for (const key of ['abandoned 1', 'abandoned 2']) claim(key);
    expect(() => claim('a', LEASE_MS - 1)).toThrow('Raise maxEntries.');
    expect(claim('a', LEASE_MS).status).toBe('claimed');
    expect(claim('b', LEASE_MS).status).toBe('claimed');
    expect(() => claim('c', LEASE_MS)).toThrow('Raise maxEntries.');
  });

  test('counts an event that is claimed again only once', () => {
    const { claim, fail } = book({ maxEntries: 1 });
    fail('a');
    expect(claim('a').status).toBe('claimed');
    expect(claim('a', LEASE_MS)).toMatchObject({ status: 'claimed', attempt: 3 });
  });
});

describe('ttlMs', () => {
  test('is the shortest time for which a completed event is remembered, and half of the longest', () => {
    for (let settledMs = 0; settledMs <= 60_000; settledMs += 5_000) {
      const { claim, complete } = book({ ttlMs: 60_000 });
      complete('the first of its generation');
      complete('a', settledMs);
      expect(claim('a', settledMs + 59_999).status).toBe('completed');
      expect(claim('a', settledMs + 120_000)).toMatchObject({
        status: 'claimed',
        attempt: 1,
        done: [],
        isConflict: false,
      });
    }
  });

  test('counts from the end of the handling, also after a quiet time', () => {
    const { ledger, claim, wait } = book({ ttlMs: 60_000 });
    const { fence } = claim('slow') as Extract<ClaimResult, { status: 'claimed' }>;
    wait(61_000);
    ledger.complete({ key: 'slow', fence });
    expect(claim('slow', 61_000 + 59_999).status).toBe('completed');
  });

  test('is how long a failed event is remembered', () => {
    const { claim, fail } = book({ ttlMs: 60_000 });
    fail('a');
    fail('b');
    expect(claim('a', 59_999)).toMatchObject({ attempt: 2, done: ['crm'] });
    expect(claim('b', 120_000)).toMatchObject({ attempt: 1, done: [] });
  });

  test('is 24 hours by default', () => {
    const { claim, complete } = book();
    complete('a');
    expect(claim('a', 86_399_999).status).toBe('completed');
    expect(claim('a', 2 * 86_400_000).status).toBe('claimed');
  });

  test('counts from the first event after a quiet time', () => {
    const { claim, complete } = book({ ttlMs: 60_000 });
    complete('a', 1_000_000);
    expect(claim('a', 1_059_999).status).toBe('completed');
  });

  test('limits how long the attempts of an event are remembered if its handlers never end', () => {
    const { claim } = book({ ttlMs: 60_000 });
    claim('abandoned');
    expect(claim('abandoned', LEASE_MS)).toMatchObject({ attempt: 2 });
    expect(claim('abandoned', LEASE_MS + 120_000)).toMatchObject({ attempt: 1 });
  });
});

test('an event is as old as its first claim that is remembered, whoever made it', () => {
  const { claim, fail } = book({ ttlMs: 60_000 });
  expect(claim('abandoned')).toMatchObject({ attempt: 1, ageMs: 0 });
  expect(claim('abandoned', LEASE_MS)).toMatchObject({ attempt: 2, ageMs: LEASE_MS });
  fail('failed', LEASE_MS);
  expect(claim('failed', LEASE_MS + 3_000)).toMatchObject({ attempt: 2, ageMs: 3_000 });
  expect(claim('failed', LEASE_MS + 14_000)).toMatchObject({ attempt: 3, ageMs: 14_000 });
  expect(claim('failed', LEASE_MS + 200_000)).toMatchObject({ attempt: 1, ageMs: 0 });
});

test('time is measured by a clock that never steps, unless another one is passed', () => {
  const timers = ['Date', 'performance'] as const;
  vi.useFakeTimers({ now: NOW_MS, toFake: [...timers] });
  onTestFinished(() => void vi.useRealTimers());
  const ledger = createMemoryLedger();
  const claim = () => ledger.claim({ key: 'a', bodyDigest: 1, leaseMs: LEASE_MS }) as ClaimResult;
  expect(claim().status).toBe('claimed');
  vi.setSystemTime(NOW_MS + 49 * 3_600_000);
  expect(claim().status).toBe('in-progress');
  vi.advanceTimersByTime(LEASE_MS);
  expect(claim()).toMatchObject({ status: 'claimed', attempt: 2, ageMs: LEASE_MS });
});

test('keys of a million characters are kept apart, and from the hashes that stand for them', () => {
  const { claim, complete } = book({ maxEntries: 10 });
  const long = 'x'.repeat(1_000_000);
  complete(long);
  expect(claim(long).status).toBe('completed');
  expect(claim(`${long}y`).status).toBe('claimed');
  for (const unit of ['\ud800', '\udfff', '\ufffd']) expect(claim(unit.repeat(200)).status).toBe('claimed');
  expect(claim('x'.repeat(128)).status).toBe('claimed');
  expect(claim('x'.repeat(129)).status).toBe('claimed');
});

test('long keys take no memory', () => {
  const { complete } = book();
  const completeLong = (index: number) => complete(`${index}`.padEnd(100_000, 'x'));
  completeLong(0);
  const before = usedBytes();
  for (let index = 1; index <= 200; index++) completeLong(index);
  expect(usedBytes() - before).toBeLessThan(5_000_000);
});

describe('createMemoryLedger', () => {
  const values = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5', null];
  const cases = ['maxEntries', 'ttlMs'].flatMap((option) => values.map((value) => [option, value] as const));
  test.each(cases)('rejects %s: %j', (option, value) => {
    expect(() => createMemoryLedger({ [option]: value })).toThrow(
      new TypeError(`The option "${option}" must be a number above 0, not ${value}.`),
    );
  });
});
