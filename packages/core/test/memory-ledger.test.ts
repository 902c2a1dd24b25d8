import { type ClaimResult, createMemoryLedger, type MemoryLedgerOptions } from '@showpad-webhooks/core';
import { ledgerConformance } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { deferred, delivery, NOW_MS, probe, TYPE } from './support.ts';

describe('the memory ledger conforms', () => {
  for (const { name, run } of ledgerConformance(() => createMemoryLedger())) test(name, run);
});

const LEASE_MS = 10_000;

/** A ledger, and the shortest ways to use it at a time after `NOW_MS`. */
function book(options?: MemoryLedgerOptions) {
  const ledger = createMemoryLedger(options);
  const claim = (key: string, afterMs = 0): ClaimResult =>
    ledger.claim({ key, bodyDigest: 1, leaseMs: LEASE_MS, nowMs: NOW_MS + afterMs }) as ClaimResult;
  const settle =
    (how: 'complete' | 'release') =>
    (key: string, afterMs = 0) => {
      const claimed = claim(key, afterMs);
      if (claimed.status !== 'claimed') throw new Error(`${key} is ${claimed.status}`);
      const { fence } = claimed;
      ledger.checkpoint({ key, fence }, { handler: 'crm', leaseMs: LEASE_MS, nowMs: NOW_MS + afterMs });
      expect(ledger[how]({ key, fence }, { nowMs: NOW_MS + afterMs })).toBe(true);
    };
  return { ledger, claim, complete: settle('complete'), fail: settle('release') };
}

describe('maxEntries', () => {
  test('forgets the event that was settled first', () => {
    const { claim, complete } = book({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) complete(key);
    expect(claim('d').status).toBe('claimed');
    expect(['b', 'c'].map((key) => claim(key).status)).toEqual(['completed', 'completed']);
    expect(claim('a').status).toBe('claimed');
  });

  test('forgets a failed event no sooner than a completed one', () => {
    const { claim, complete, fail } = book({ maxEntries: 2 });
    complete('a');
    fail('b');
    claim('c');
    expect(claim('b')).toMatchObject({ status: 'claimed', attempt: 2, done: ['crm'] });
  });

  test('never forgets a live claim for another', () => {
    const { claim, complete } = book({ maxEntries: 2 });
    claim('live');
    for (const key of ['a', 'b', 'c', 'd']) complete(key);
    expect(claim('live').status).toBe('in-progress');
  });

  test('makes claim throw where all are live, until one settles', () => {
    const { ledger, claim } = book({ maxEntries: 2 });
    claim('a');
    const { fence } = claim('b') as Extract<ClaimResult, { status: 'claimed' }>;
    expect(() => claim('c')).toThrow('all 2 entries are being handled: raise maxEntries');
    expect(['a', 'b'].map((key) => claim(key).status)).toEqual(['in-progress', 'in-progress']);
    ledger.complete({ key: 'b', fence }, { nowMs: NOW_MS });
    expect(claim('c').status).toBe('claimed');
  });

  test('is answered 503 where all are live: the event comes again', async () => {
    const ledger = createMemoryLedger({ maxEntries: 1 });
    const running = deferred();
    const { receiver, deliver, errors } = probe({ ledger, on: { [TYPE]: () => running.promise } });
    const first = receiver.receive(delivery('event-1'));
    expect(await deliver('event-2')).toBe('503 LEDGER_FAILED');
    expect(errors[0]?.cause).toEqual(new Error('all 1 entries are being handled: raise maxEntries'));
    running.resolve();
    expect((await first).outcome).toBe('handled');
    expect(await deliver('event-2')).toBe('200 handled');
  });

  test('is 100,000 by default', () => {
    const { claim } = book();
    for (let count = 1; count <= 100_000; count++) claim(`${count}`);
    expect(() => claim('one more')).toThrow('all 100000 entries are being handled: raise maxEntries');
  });

  test('gives a place that is claimed again no second one', () => {
    const { claim, fail } = book({ maxEntries: 1 });
    fail('a');
    expect(claim('a').status).toBe('claimed');
    expect(claim('a', LEASE_MS)).toMatchObject({ status: 'claimed', attempt: 3 });
  });
});

describe('ttlMs', () => {
  test('is how long a completed event is remembered', () => {
    const { claim, complete } = book({ ttlMs: 60_000 });
    complete('a');
    expect(claim('a', 59_999).status).toBe('completed');
    expect(claim('a', 60_000)).toMatchObject({ status: 'claimed', attempt: 1, done: [], isConflict: false });
  });

  test('is how long a failed event is remembered', () => {
    const { claim, fail } = book({ ttlMs: 60_000 });
    fail('a');
    fail('b');
    expect(claim('a', 59_999)).toMatchObject({ attempt: 2, done: ['crm'] });
    expect(claim('b', 60_000)).toMatchObject({ attempt: 1, done: [] });
  });

  test('is 24 hours by default', () => {
    const { claim, complete } = book();
    complete('a');
    expect(claim('a', 86_399_999).status).toBe('completed');
    expect(claim('a', 86_400_000).status).toBe('claimed');
  });

  test('makes room: what is expired no longer counts', () => {
    const { claim } = book({ maxEntries: 2, ttlMs: 60_000 });
    for (const key of ['abandoned 1', 'abandoned 2']) claim(key);
    expect(() => claim('a', LEASE_MS + 59_999)).toThrow(/raise maxEntries/);
    expect(claim('a', LEASE_MS + 60_000).status).toBe('claimed');
    expect(claim('b', LEASE_MS + 60_000).status).toBe('claimed');
  });

  test('expires an event out of turn, where others settled before it', () => {
    const { claim, complete } = book({ ttlMs: 60_000 });
    for (const key of ['a', 'b', 'c', 'd']) complete(key);
    expect(claim('d', 60_000).status).toBe('claimed');
  });
});

test('keys of a million characters are told apart, and from the hash they are kept by', () => {
  const { claim, complete } = book({ maxEntries: 4 });
  const long = 'x'.repeat(1_000_000);
  complete(long);
  expect(claim(long).status).toBe('completed');
  expect(claim(`${long}y`).status).toBe('claimed');
  expect(claim('x'.repeat(128)).status).toBe('claimed');
  expect(claim('x'.repeat(129)).status).toBe('claimed');
});

describe('createMemoryLedger', () => {
  const values = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5', null];
  const cases = ['maxEntries', 'ttlMs'].flatMap((option) => values.map((value) => [option, value] as const));
  test.each(cases)('refuses %s: %j', (option, value) => {
    expect(() => createMemoryLedger({ [option]: value })).toThrow(
      new TypeError(`${option} must be a number above 0, not ${value}.`),
    );
  });
});
