import type { ClaimedEntry, InboxStore, SettledOutcome } from '@showpad-webhooks/core/inbox';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf } from '../../src/testing/inbox-store-conformance.ts';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';

// Other stores are compared with the one in memory. So what it does itself is tested here without any comparison.

const NOW = 1_700_000_000_000;
const LEASE_MS = 30_000;
const ASK = { leaseMs: LEASE_MS, nowMs: NOW, exceptIds: [], limit: 100 };
const error = { code: 'HANDLER_FAILED', message: 'The CRM is down.' };
const failures = [{ ...error, attempt: 1, generation: 0, startedAtMs: NOW, endedAtMs: NOW + 1 }];
const done: SettledOutcome = { state: 'done', nowMs: NOW, keepBody: true };
const dead: SettledOutcome = { state: 'dead', nowMs: NOW, error, failures };

/** A store with these entries, of which each came a millisecond after the one before. */
function storeWith(...ids: readonly string[]) {
  const store = createMemoryInboxStore() as Sync<InboxStore>;
  for (const [index, id] of ids.entries()) store.put(entryOf({ id }), { nowMs: NOW - ids.length + index });
  return store;
}

/** The store answers at once. */
type Sync<Store> = {
  [Key in keyof Store]-?: NonNullable<Store[Key]> extends (...args: infer Args) => infer Result
    ? (...args: Args) => Awaited<Result>
    : Store[Key];
};

/** A store with an entry in each state, which has the name of its state. */
function storeInEachState() {
  const store = storeWith('leased', 'dead', 'done');
  for (const claim of store.claim(ASK)) {
    if (claim.id === 'done') store.settle(claim, done);
    if (claim.id === 'dead') store.settle(claim, dead);
  }
  store.put(entryOf({ id: 'pending' }), { nowMs: NOW });
  return store;
}

const STATES = ['pending', 'leased', 'done', 'dead'] as const;
const idsOf = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id);
const itemOf = (store: Sync<InboxStore>, id: string) => store.list({ id }).items[0];

describe('the inbox in memory', () => {
  test('measures time by a clock that never steps', async () => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const inbox = createMemoryInbox({ backoff: () => 3_600_000 });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    await inbox.start({
      process: async () => ({ error: error as never, isFinal: false, kept: error }),
      onDead() {},
      onError() {},
    });
    await inbox.put(entryOf({}));
    const itemOnceFailed = () =>
      vi.waitFor(async () => {
        const [item] = (await inbox.list({ state: 'pending' })).items;
        expect(item?.failures).toHaveLength(1);
        return item;
      });
    await itemOnceFailed();
    vi.setSystemTime(NOW + 7_200_000);
    expect((await itemOnceFailed())?.dueAtMs).toBeGreaterThan(NOW + 7_200_000);
  });

  test('takes the options of any inbox', () => {
    expect(createMemoryInbox({ name: 'crm' }).name).toBe('crm');
    expect(() => createMemoryInbox({ pollMs: 0 })).toThrow(TypeError);
  });
});

describe('put', () => {
  test('stores an entry that is due at once, and one with an error as dead', () => {
    const store = createMemoryInboxStore() as Sync<InboxStore>;
    expect(store.put(entryOf({ id: 'a' }), { nowMs: NOW })).toBe('stored');
    expect(store.put(entryOf({ id: 'b', error }), { nowMs: NOW })).toBe('stored');
    expect(store.counts()).toEqual({ pending: 1, leased: 0, done: 0, dead: 1 });
    expect(itemOf(store, 'a')).toEqual({
      ...entryOf({ id: 'a' }),
      state: 'pending',
      attempt: 0,
      generation: 0,
      done: [],
      failures: [],
      bodyBytes: entryOf({}).body.byteLength,
      hasBody: true,
      dueAtMs: NOW,
    });
    expect(itemOf(store, 'b')).toMatchObject({ state: 'dead', attempt: 0, error, settledAtMs: NOW });
  });

  test.each(STATES)('changes nothing of what is %s, and says whether it has another body', (id) => {
    const store = storeInEachState();
    const before = itemOf(store, id);
    const other = { id, bodyDigest: 7, type: 'other' };
    expect(store.put(entryOf({ id }), { nowMs: NOW + 1 })).toEqual({ isConflict: false });
    expect(store.put(entryOf(other), { nowMs: NOW + 1 })).toEqual({ isConflict: true });
    const at = { nowMs: NOW + 1, leaseMs: LEASE_MS };
    expect(store.putClaimed(entryOf({ id }), at)).toEqual({ isConflict: false });
    expect(store.putClaimed(entryOf(other), at)).toEqual({ isConflict: true });
    expect(itemOf(store, id)).toEqual(before);
  });

  test('keeps a copy', () => {
    const store = createMemoryInboxStore() as Sync<InboxStore>;
    const entry = entryOf({ body: Uint8Array.of(1), headers: { 'x-a': '1' } });
    store.put(entry, { nowMs: NOW });
    entry.body[0] = 2;
    Object.assign(entry.headers, { 'x-a': '2' });
    const [claim] = store.claim(ASK) as [ClaimedEntry];
    expect(claim).toMatchObject({ body: Uint8Array.of(1), headers: { 'x-a': '1' } });
    claim.body[0] = 3;
    Object.assign(claim.headers, { 'x-a': '3' });
    const item = itemOf(store, 'event-1');
    expect(item).toMatchObject({ body: Uint8Array.of(1), headers: { 'x-a': '1' } });
    item?.body?.fill(4);
    expect(itemOf(store, 'event-1')?.body).toEqual(Uint8Array.of(1));
  });
});

test('putClaimed leases the entry that it stores, with a fence of its own', () => {
  const store = storeWith('a');
  const [first] = store.claim(ASK) as [ClaimedEntry];
  const claimed = store.putClaimed(entryOf({ id: 'b' }), { nowMs: NOW, leaseMs: LEASE_MS });
  expect(claimed).toEqual({ fence: expect.any(Number) });
  const { fence } = claimed as { fence: number };
  expect(fence).toBeGreaterThan(first.fence);
  expect(itemOf(store, 'b')).toMatchObject({ state: 'leased', attempt: 1, leasedUntilMs: NOW + LEASE_MS });
  expect(store.settle({ id: 'b', fence }, done)).toBe(true);
});

describe('claim', () => {
  test('gives what is due, the oldest first, and each once until its lease is over', () => {
    const store = storeWith('a', 'b');
    store.put(entryOf({ id: 'later' }), { nowMs: NOW + 1 });
    store.put(entryOf({ id: 'oldest' }), { nowMs: 0 });
    store.put(entryOf({ id: 'now' }), { nowMs: NOW });
    const claims = store.claim(ASK);
    expect(idsOf(claims)).toEqual(['oldest', 'a', 'b', 'now']);
    expect(new Set(claims.map(({ fence }) => fence)).size).toBe(4);
    expect(claims[1]).toEqual({
      ...entryOf({ id: 'a' }),
      fence: expect.any(Number),
      attempt: 1,
      generation: 0,
      done: [],
      failures: [],
    });
    expect(itemOf(store, 'a')).toMatchObject({ state: 'leased', leasedUntilMs: NOW + LEASE_MS });
    expect(idsOf(store.claim({ ...ASK, nowMs: NOW + LEASE_MS - 1 }))).toEqual(['later']);
    const again = store.claim({ ...ASK, nowMs: NOW + LEASE_MS });
    expect(again.map(({ id, attempt }) => [id, attempt])).toEqual([
      ['a', 2],
      ['b', 2],
      ['oldest', 2],
      ['now', 2],
    ]);
    expect(claims.map(({ fence }) => fence)).not.toContain(again[0]?.fence);
  });

  test('gives no more than its limit, nothing that is left out, and nothing that is done or dead', () => {
    const store = storeInEachState();
    const later = { ...ASK, nowMs: NOW + LEASE_MS };
    expect(idsOf(store.claim({ ...later, exceptIds: ['pending'] }))).toEqual(['leased']);
    expect(idsOf(store.claim({ ...later, nowMs: NOW + 2 * LEASE_MS, limit: 1 }))).toEqual(['pending']);
  });
});

test('nextDueMs is the time of what waits the longest, without what is left out', () => {
  const store = storeInEachState();
  expect(store.nextDueMs({ exceptIds: [] })).toBe(NOW);
  expect(store.nextDueMs({ exceptIds: ['pending'] })).toBe(NOW + LEASE_MS);
  expect(store.nextDueMs({ exceptIds: ['pending', 'leased'] })).toBe(undefined);
});

describe('a holder', () => {
  const start = () => {
    const store = storeWith('a');
    const [claim] = store.claim(ASK) as [ClaimedEntry];
    return { store, claim };
  };
  const update = { leaseMs: LEASE_MS, nowMs: NOW + 5 };

  test('renews its lease, and notes the handlers that are done in their order', () => {
    const { store, claim } = start();
    expect(store.checkpoint(claim, update)).toBe(true);
    expect(itemOf(store, 'a')).toMatchObject({ leasedUntilMs: NOW + 5 + LEASE_MS, done: [] });
    for (const handlerName of ['crm', 'mail']) {
      expect(store.checkpoint(claim, { ...update, handlerName })).toBe(true);
    }
    expect(itemOf(store, 'a')?.done).toEqual(['crm', 'mail']);
  });

  test('ends as done, with or without the body', () => {
    const { store, claim } = start();
    store.settle(claim, { state: 'pending', nowMs: NOW, dueMs: NOW, error, failures });
    const [again] = store.claim(ASK) as [ClaimedEntry];
    expect(again.failures).toEqual(failures);
    expect(store.settle(again, { state: 'done', nowMs: NOW + 7, keepBody: true })).toBe(true);
    const { body } = entryOf({});
    expect(itemOf(store, 'a')).toMatchObject({ state: 'done', settledAtMs: NOW + 7, hasBody: true, body });
    expect(itemOf(store, 'a')).toMatchObject({ error: undefined, failures });
    const bare = start();
    bare.store.settle(bare.claim, { ...done, keepBody: false });
    const item = itemOf(bare.store, 'a');
    expect(item).toMatchObject({ state: 'done', hasBody: false, bodyBytes: body.byteLength });
    expect(item).not.toHaveProperty('body');
  });

  test('leaves an entry to the next attempt, or as dead, with what went wrong', () => {
    const { store, claim } = start();
    const pending = { state: 'pending', nowMs: NOW, dueMs: NOW + 9, error, failures } as const;
    expect(store.settle(claim, pending)).toBe(true);
    expect(itemOf(store, 'a')).toMatchObject({ state: 'pending', dueAtMs: NOW + 9, error, failures });
    expect(store.claim({ ...ASK, nowMs: NOW + 8 })).toEqual([]);
    const [again] = store.claim({ ...ASK, nowMs: NOW + 9 }) as [ClaimedEntry];
    expect(store.settle(again, { ...dead, nowMs: NOW + 10 })).toBe(true);
    expect(itemOf(store, 'a')).toMatchObject({ state: 'dead', settledAtMs: NOW + 10, error, failures });
    expect(itemOf(store, 'a')).toMatchObject({ hasBody: true });
  });

  test('that is late, that has settled, or that is unknown changes nothing', () => {
    const { store, claim } = start();
    const [second] = store.claim({ ...ASK, nowMs: NOW + LEASE_MS }) as [ClaimedEntry];
    const refused = (holding: { id: string; fence: number }) => {
      const before = itemOf(store, 'a');
      expect(store.checkpoint(holding, { ...update, handlerName: 'ghost' })).toBe(false);
      expect(store.settle(holding, done)).toBe(false);
      expect(itemOf(store, 'a')).toEqual(before);
    };
    refused(claim);
    refused({ id: 'never seen', fence: second.fence });
    store.settle(second, dead);
    refused(second);
  });
});

describe('list', () => {
  test('gives the entries of a state, the latest first, without their bodies, and the dead by default', () => {
    const store = storeWith('a', 'b');
    const { items, next } = store.list({ state: 'pending' });
    expect(idsOf(items)).toEqual(['b', 'a']);
    expect(next).toBe(undefined);
    for (const item of items) expect(item).toMatchObject({ hasBody: true, state: 'pending' });
    for (const item of items) expect(item).not.toHaveProperty('body');
    expect(idsOf(storeInEachState().list({}).items)).toEqual(['dead']);
    for (const state of STATES) expect(idsOf(storeInEachState().list({ state }).items)).toEqual([state]);
  });

  test('gives page after page, of 100 by default', () => {
    const ids = Array.from({ length: 101 }, (_, index) => `${index}`);
    const store = storeWith(...ids);
    const first = store.list({ state: 'pending' });
    expect(idsOf(first.items)).toEqual(ids.toReversed().slice(0, 100));
    const second = store.list({ state: 'pending', cursor: first.next });
    expect([idsOf(second.items), second.next]).toEqual([['0'], undefined]);
    const small = storeWith('a', 'b', 'c', 'd');
    const pages = [small.list({ state: 'pending', limit: 2 })];
    pages.push(small.list({ state: 'pending', limit: 2, cursor: pages[0]?.next }));
    expect(pages.map(({ items }) => idsOf(items))).toEqual([
      ['d', 'c'],
      ['b', 'a'],
    ]);
    expect(pages[1]?.next).toBe(undefined);
  });

  test('gives one entry with its body in any state, or nothing', () => {
    for (const id of STATES) {
      const { items, next } = storeInEachState().list({ id });
      expect([idsOf(items), items[0]?.body, next]).toEqual([[id], entryOf({}).body, undefined]);
      expect(items[0]).not.toHaveProperty('fence');
      expect(items[0]).not.toHaveProperty('atMs');
    }
    expect(storeWith('a').list({ id: 'b' })).toEqual({ items: [], next: undefined });
  });
});

test('counts says how many entries there are in each state', () => {
  expect(storeInEachState().counts()).toEqual({ pending: 1, leased: 1, done: 1, dead: 1 });
  expect(storeWith('a', 'b').counts()).toEqual({ pending: 2, leased: 0, done: 0, dead: 0 });
});

describe('bringForward', () => {
  const at = { afterMs: NOW - 2, toMs: NOW - 50, limit: 100 };

  test('sets the time of what is due after a time', () => {
    const store = storeWith('a', 'b', 'c');
    expect(store.bringForward({ state: 'pending', ...at })).toBe(1);
    expect(['a', 'b', 'c'].map((id) => itemOf(store, id)?.dueAtMs)).toEqual([NOW - 3, NOW - 2, NOW - 50]);
  });

  test.each(['pending', 'leased'] as const)('changes only what is %s', (state) => {
    const store = storeInEachState();
    const before = STATES.map((id) => itemOf(store, id));
    expect(store.bringForward({ state, ...at })).toBe(1);
    for (const [index, id] of STATES.entries()) {
      if (id !== state) expect(itemOf(store, id)).toEqual(before[index]);
    }
    expect(itemOf(store, state)).not.toEqual(before[STATES.indexOf(state)]);
  });

  test('has a limit', () => {
    const store = storeWith('a', 'b', 'c');
    expect(store.bringForward({ state: 'pending', ...at, afterMs: 0, limit: 2 })).toBe(2);
    expect(['a', 'b', 'c'].map((id) => itemOf(store, id)?.dueAtMs)).toEqual([NOW - 50, NOW - 50, NOW - 1]);
  });
});

describe('retry', () => {
  const at = { nowMs: NOW + 9, limit: 100 };

  test.each([
    ['dead', ['crm']],
    ['done', []],
  ] as const)('makes what is %s due now, as a new generation', (id, kept) => {
    for (const target of [{ id }, { state: id }]) {
      const store = storeInEachState();
      store.addDone(id, 'crm');
      expect(store.retry(target, at)).toBe(1);
      expect(itemOf(store, id)).toMatchObject({
        state: 'pending',
        dueAtMs: NOW + 9,
        attempt: 0,
        generation: 1,
        done: kept,
      });
    }
  });

  test('changes nothing that waits, runs or is unknown, and nothing without a body', () => {
    const store = storeInEachState();
    for (const id of ['pending', 'leased', 'never seen']) expect(store.retry({ id }, at)).toBe(0);
    expect(store.counts()).toEqual({ pending: 1, leased: 1, done: 1, dead: 1 });
    const bare = storeWith('a', 'b');
    const [first, second] = bare.claim(ASK) as [ClaimedEntry, ClaimedEntry];
    bare.settle(first, { ...done, keepBody: false });
    bare.settle(second, done);
    expect(bare.retry({ id: 'a' }, at)).toBe(0);
    expect(bare.retry({ state: 'done' }, { ...at, limit: 1 })).toBe(1);
    expect(itemOf(bare, 'b')?.state).toBe('pending');
  });

  test('has a limit', () => {
    const store = storeWith('a', 'b', 'c');
    for (const claim of store.claim(ASK)) store.settle(claim, dead);
    expect(store.retry({ state: 'dead' }, { ...at, limit: 2 })).toBe(2);
    expect(store.counts()).toMatchObject({ pending: 2, dead: 1 });
  });
});

describe('discard', () => {
  test.each(['pending', 'done', 'dead'])('deletes what is %s, by its id', (id) => {
    const store = storeInEachState();
    expect(store.discard({ id }, { limit: 100 })).toBe(1);
    expect(STATES.filter((each) => itemOf(store, each) === undefined)).toEqual([id]);
  });

  test.each(['done', 'dead'] as const)('deletes all that is %s, up to a limit', (state) => {
    const store = storeInEachState();
    expect(store.discard({ state }, { limit: 0 })).toBe(0);
    expect(store.discard({ state }, { limit: 100 })).toBe(1);
    expect(STATES.filter((each) => itemOf(store, each) === undefined)).toEqual([state]);
  });

  test('deletes nothing that runs or is unknown', () => {
    const store = storeInEachState();
    for (const id of ['leased', 'never seen']) expect(store.discard({ id }, { limit: 100 })).toBe(0);
    expect(store.counts()).toEqual({ pending: 1, leased: 1, done: 1, dead: 1 });
  });
});

describe('erase', () => {
  test.each(['pending', 'done', 'dead'])('leaves of what is %s only its type and its time', (id) => {
    const store = storeInEachState();
    expect(store.erase(id, { nowMs: NOW + 9 })).toBe(id);
    const item = itemOf(store, id);
    const { type, receivedAtMs } = entryOf({});
    expect(item).toMatchObject({
      type,
      receivedAtMs,
      state: 'done',
      settledAtMs: NOW + 9,
      isErased: true,
      hasBody: false,
      headers: {},
      failures: [],
    });
    expect([item?.url, item?.keyLabel, item?.error, item?.body]).toEqual(Array(4).fill(undefined));
    expect(item?.id).not.toBe(id);
    expect(itemOf(store, item?.id ?? '')).toEqual(item);
    expect(store.put(entryOf({ id }), { nowMs: NOW })).toEqual({ isConflict: false });
    expect(store.retry({ id }, { nowMs: NOW, limit: 1 })).toBe(0);
    expect(store.discard({ id: item?.id ?? '' }, { limit: 1 })).toBe(1);
    expect(itemOf(store, id)).toBe(undefined);
  });

  test('gives each entry another place', () => {
    const store = storeWith('a', 'b');
    for (const id of ['a', 'b']) store.erase(id, { nowMs: NOW });
    expect(new Set(idsOf(store.list({ state: 'done' }).items)).size).toBe(2);
    expect(itemOf(store, itemOf(store, 'b')?.id ?? '')).toEqual(itemOf(store, 'b'));
  });

  test('leaves what runs as it is, and says so', () => {
    const store = storeInEachState();
    const before = itemOf(store, 'leased');
    expect(store.erase('leased', { nowMs: NOW })).toBe('leased');
    expect(itemOf(store, 'leased')).toEqual(before);
    expect(store.erase('never seen', { nowMs: NOW })).toBe(undefined);
  });
});

test('addDone notes a handler for what is done or dead, and for nothing else', () => {
  const store = storeInEachState();
  for (const id of ['done', 'dead']) {
    expect([store.addDone(id, 'crm'), store.addDone(id, 'mail')]).toEqual([true, true]);
    expect(itemOf(store, id)?.done).toEqual(['crm', 'mail']);
  }
  for (const id of ['pending', 'leased']) {
    expect(store.addDone(id, 'crm')).toBe(false);
    expect(itemOf(store, id)?.done).toEqual([]);
  }
  expect(store.addDone('never seen', 'crm')).toBe(false);
});

describe('purge', () => {
  test.each(['done', 'dead'] as const)('deletes what is %s for long enough', (state) => {
    const store = storeInEachState();
    expect(store.purge({ state, beforeMs: NOW, limit: 100 })).toBe(0);
    expect(itemOf(store, state)).not.toBe(undefined);
    expect(store.purge({ state, beforeMs: NOW + 1, limit: 100 })).toBe(1);
    expect(STATES.filter((id) => itemOf(store, id) === undefined)).toEqual([state]);
  });

  test('has a limit, and begins with the oldest', () => {
    const store = storeWith('a', 'b', 'c');
    for (const [index, claim] of store.claim(ASK).entries()) {
      store.settle(claim, { ...done, nowMs: NOW - index });
    }
    expect(store.purge({ state: 'done', beforeMs: NOW + 1, limit: 2 })).toBe(2);
    expect(idsOf(store.list({ state: 'done' }).items)).toEqual(['a']);
    expect(store.purge({ state: 'done', beforeMs: NOW + 1, limit: 2 })).toBe(1);
  });
});

test('it is always healthy', () => {
  expect(storeWith().health()).toEqual({ isWritable: true, problems: [] });
});
