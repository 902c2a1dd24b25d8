import { type Inbox, ShowpadWebhookError } from '@showpad-webhooks/core';
import {
  createStoreInbox,
  INBOX_DEFAULTS,
  type InboxConsumer,
  type InboxFailure,
  type InboxItem,
  type InboxJob,
  type InboxStore,
  type SettledOutcome,
  type StoreInboxOptions,
} from '@showpad-webhooks/core/inbox';
import { timesOf } from '@showpad-webhooks/core/store';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { entryOf } from '../../src/testing/inbox-store-conformance.ts';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';
import {
  closeAtTheEnd,
  deferred,
  isSettled,
  type Journal,
  journal,
  NOW_MS,
  settled,
  startTime,
  stopTime,
} from '../support.ts';

beforeEach(stopTime);
afterEach(startTime);

const diskIsFull = new Error('The disk is full.');
const broken = () => {
  throw diskIsFull;
};
const brokenTrouble = (operation: string) => [operation, diskIsFull];
const now = (overrides: Parameters<typeof entryOf>[0] = {}) =>
  entryOf({ receivedAtMs: Date.now(), ...overrides });

function failure(isFinal = false): InboxFailure {
  const error = new ShowpadWebhookError('HANDLER_FAILED', 'The CRM is down.', { hint: 'None.' });
  return { error, isFinal, kept: { code: 'HANDLER_FAILED', message: 'The CRM is down.' } };
}

interface Started {
  readonly inbox: Inbox;
  readonly store: InboxStore;
  readonly jobs: Journal<InboxJob>;
  readonly outcomes: Journal<SettledOutcome>;
  readonly troubles: Journal<readonly [string, unknown]>;
  readonly dead: Journal<readonly [InboxJob, InboxFailure]>;
}

/** An inbox on a store of which some calls are changed, and everything that happens in it. */
async function start(
  changes: Partial<InboxStore> = {},
  options?: StoreInboxOptions,
  process: InboxConsumer['process'] = async () => undefined,
): Promise<Started> {
  const [jobs, outcomes] = [journal<InboxJob>(), journal<SettledOutcome>()];
  const [troubles, dead] = [
    journal<readonly [string, unknown]>(),
    journal<readonly [InboxJob, InboxFailure]>(),
  ];
  const memory = { ...createMemoryInboxStore(), ...changes };
  const store: InboxStore = {
    ...memory,
    async settle(holding, outcome) {
      const isDone = await memory.settle(holding, outcome);
      if (isDone) outcomes.add(outcome);
      return isDone;
    },
  };
  const inbox = createStoreInbox(store, options);
  closeAtTheEnd(inbox);
  await inbox.start({
    process(job) {
      jobs.add(job);
      return process(job);
    },
    onDead: (job, why) => dead.add([job, why]),
    onError: (...trouble) => troubles.add(trouble),
  });
  return { inbox, store, jobs, outcomes, troubles, dead };
}

describe('a store that fails', () => {
  test.each(['claim', 'nextDueMs'] as const)(
    'at %s is asked again at once and then after pollMs, and each failure is reported',
    async (operation) => {
      const real = createMemoryInboxStore();
      const call = vi
        .fn(real[operation] as () => never)
        .mockImplementationOnce(broken)
        .mockImplementationOnce(broken);
      const { inbox, outcomes, troubles } = await start({ ...real, [operation]: call }, { pollMs: 700 });
      await vi.advanceTimersByTimeAsync(0);
      expect(await troubles.has(2)).toEqual([brokenTrouble('claim'), brokenTrouble('claim')]);
      await settled();
      const calls = call.mock.calls.length;
      await vi.advanceTimersByTimeAsync(699);
      expect(call).toHaveBeenCalledTimes(calls);
      await vi.advanceTimersByTimeAsync(1);
      expect(call).toHaveBeenCalledTimes(calls + 1);
      await inbox.put(now());
      expect(await outcomes.has(1)).toMatchObject([{ state: 'done' }]);
    },
  );

  test('at claiming many gives one, then two and so on, without a pause', async () => {
    const real = createMemoryInboxStore();
    const claim = vi.fn<InboxStore['claim']>((request) =>
      request.limit > 3 ? broken() : real.claim(request),
    );
    for (let index = 1; index <= 10; index++) await real.put(now({ id: `event-${index}` }), { nowMs: 0 });
    const { outcomes } = await start({ ...real, claim }, { concurrency: 6 });
    await vi.advanceTimersByTimeAsync(999);
    expect(outcomes.entries).toHaveLength(10);
    const limits = claim.mock.calls.map(([{ limit }]) => limit);
    expect(limits.slice(0, 8)).toEqual([6, 1, 2, 3, 4, 1, 2, 3]);
  });

  test('at claiming many fills all places at once, although no handler ends', async () => {
    const real = createMemoryInboxStore();
    const claim = vi.fn<InboxStore['claim']>((request) =>
      request.limit > 3 ? broken() : real.claim(request),
    );
    for (let index = 1; index <= 10; index++) await real.put(now({ id: `event-${index}` }), { nowMs: 0 });
    const never = () => new Promise<never>(() => {});
    const { jobs } = await start({ ...real, claim }, { concurrency: 6 }, never);
    await vi.advanceTimersByTimeAsync(10);
    expect(jobs.entries).toHaveLength(6);
    expect(claim.mock.calls.map(([{ limit }]) => limit)).toEqual([6, 1, 2, 3]);
  });

  test('at settling is asked again every second, and no handler runs again', async () => {
    const real = createMemoryInboxStore();
    let isDown = true;
    const settle = vi.fn<InboxStore['settle']>((...args) => (isDown ? broken() : real.settle(...args)));
    const { inbox, jobs, troubles, outcomes } = await start({ ...real, settle });
    await inbox.put(now());
    expect(await troubles.has(1)).toEqual([brokenTrouble('settle')]);
    await vi.advanceTimersByTimeAsync(28_000);
    expect(settle).toHaveBeenCalledTimes(29);
    isDown = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await outcomes.has(1)).toMatchObject([{ state: 'done' }]);
    expect(troubles.entries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(jobs.entries).toHaveLength(1);
  });

  test('at settling for as long as the lease lasts leaves the entry to the next attempt', async () => {
    const real = createMemoryInboxStore();
    let isDown = true;
    const settle = vi.fn<InboxStore['settle']>((...args) => (isDown ? broken() : real.settle(...args)));
    const { inbox, jobs, outcomes } = await start({ ...real, settle });
    await inbox.put(now());
    await vi.advanceTimersByTimeAsync(29_999);
    expect(jobs.entries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    isDown = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await outcomes.has(1)).toMatchObject([{ state: 'done' }]);
    expect(jobs.entries.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('at settling is asked again until the lease is over that was renewed last', async () => {
    const real = createMemoryInboxStore();
    let isDown = true;
    const settle = vi.fn<InboxStore['settle']>((...args) => (isDown ? broken() : real.settle(...args)));
    const end = deferred<undefined>();
    const { inbox, jobs, outcomes } = await start({ ...real, settle }, {}, () => end.promise);
    await inbox.put(now());
    await jobs.has(1);
    await vi.advanceTimersByTimeAsync(15_000); // It was renewed 5 s ago.
    end.resolve(undefined);
    await vi.advanceTimersByTimeAsync(24_000);
    isDown = false;
    await vi.advanceTimersByTimeAsync(999);
    expect(outcomes.entries).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(outcomes.entries).toMatchObject([{ state: 'done' }]);
    expect(jobs.entries).toHaveLength(1);
  });

  test('at settling as dead says that an entry is dead when it is, and only then', async () => {
    const real = createMemoryInboxStore();
    let isDown = true;
    const settle = vi.fn<InboxStore['settle']>((...args) => (isDown ? broken() : real.settle(...args)));
    const { inbox, jobs, dead } = await start({ ...real, settle }, {}, async () => failure(true));
    await inbox.put(now());
    await vi.advanceTimersByTimeAsync(30_000);
    expect(dead.entries).toEqual([]);
    isDown = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(jobs.entries).toHaveLength(2);
    expect(dead.entries).toMatchObject([[{ id: 'event-1', attempt: 2 }, {}]]);
  });

  test('at settling does not hold up a close', async () => {
    const { inbox, troubles } = await start({ settle: broken });
    await inbox.put(now());
    await troubles.has(1);
    const closing = inbox.close({ timeoutMs: 100 });
    await vi.advanceTimersByTimeAsync(100);
    await closing;
    await settled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('at claiming again and again is named by health(), until it works', async () => {
    const real = createMemoryInboxStore();
    let isDown = true;
    const claim = vi.fn<InboxStore['claim']>((request) => (isDown ? broken() : real.claim(request)));
    const { inbox, troubles } = await start({ ...real, claim });
    await troubles.has(1);
    expect((await inbox.health()).problems).toEqual([]);
    for (const number of [2, 3]) {
      await vi.advanceTimersByTimeAsync(1_000);
      expect((await inbox.health()).problems).toEqual([
        `The last ${number} attempts to take events from the store failed, so nothing is handled: The disk is full.`,
      ]);
    }
    isDown = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await inbox.health()).problems).toEqual([]);
  });

  test('with a backoff that throws, leaves the entry to its lease', async () => {
    const backoff = vi.fn(() => 0).mockImplementationOnce(broken);
    const { inbox, troubles, jobs } = await start({}, { backoff }, async () => failure());
    await inbox.put(now());
    expect(await troubles.has(1)).toEqual([brokenTrouble('settle')]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(jobs.entries.length).toBeGreaterThan(1);
  });

  test('at purging is reported', async () => {
    const { troubles } = await start({ purge: broken });
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await troubles.has(1)).toEqual([brokenTrouble('purge')]);
  });

  test('at the look for what a wrong clock left behind is reported', async () => {
    const { troubles } = await start({ bringForward: broken });
    expect(await troubles.has(1)).toEqual([brokenTrouble('check the clock')]);
  });

  test('at renewal is reported, and the handler goes on', async () => {
    const end = deferred<undefined>();
    const { inbox, troubles, jobs } = await start({ checkpoint: broken }, {}, () => end.promise);
    await inbox.put(now());
    await jobs.has(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(troubles.entries).toEqual([brokenTrouble('renew')]);
    expect(jobs.entries[0]?.signal.aborted).toBe(false);
    end.resolve(undefined);
  });

  test('after the inbox was closed is no trouble: the entry is left to its lease', async () => {
    const end = deferred<undefined>();
    let isClosed = false;
    const { inbox, jobs, troubles } = await start(
      {
        close() {
          isClosed = true;
        },
        settle() {
          if (isClosed) throw diskIsFull;
          return true;
        },
      },
      {},
      () => end.promise,
    );
    await inbox.put(now());
    await jobs.has(1);
    const closed = inbox.close({ timeoutMs: 100 });
    await vi.advanceTimersByTimeAsync(100);
    await closed;
    expect(jobs.entries[0]?.signal.aborted).toBe(true);
    end.resolve(undefined);
    await settled();
    expect(troubles.entries).toEqual([]);
  });

  test('at what began before the inbox was closed is no trouble either', async () => {
    const renewal = deferred<boolean>();
    const never = () => new Promise<never>(() => {});
    const { inbox, jobs, troubles } = await start({ checkpoint: () => renewal.promise }, {}, never);
    await inbox.put(now());
    await jobs.has(1);
    await vi.advanceTimersByTimeAsync(10_000);
    const closed = inbox.close({ timeoutMs: 100 });
    await vi.advanceTimersByTimeAsync(100);
    await closed;
    renewal.reject(diskIsFull);
    await settled();
    expect(troubles.entries).toEqual([]);
  });

  test.each([
    ['an error', broken, 'The store cannot be read: The disk is full.'],
    ['something else', () => Promise.reject('gone'), 'The store cannot be read: gone'],
  ])('with %s cannot be reached, says health()', async (_what, nextDueMs, problem) => {
    const { inbox } = await start({ nextDueMs });
    expect(await inbox.health()).toEqual({
      isReachable: false,
      isWritable: false,
      lagMs: 0,
      problems: [problem],
    });
  });
});

describe('health', () => {
  test('says how long the oldest entry has been due, and what the store says', async () => {
    const health = () => ({ isWritable: false, problems: ['It forgets.'] });
    const inbox = createStoreInbox({ ...createMemoryInboxStore(), health });
    expect(await inbox.health()).toEqual({
      isReachable: true,
      isWritable: false,
      lagMs: 0,
      problems: ['It forgets.'],
    });
    await inbox.put(now());
    vi.setSystemTime(NOW_MS + 1_500);
    await inbox.put(now({ id: 'event-2' }));
    expect((await inbox.health()).lagMs).toBe(1_500);
  });

  test('is not late because of an entry that is due later', async () => {
    const { inbox, outcomes } = await start({}, { backoff: () => 60_000 }, async () => failure());
    await inbox.put(now());
    await outcomes.has(1);
    expect((await inbox.health()).lagMs).toBe(0);
  });
});

describe('an entry', () => {
  test('that another process has taken over aborts its signal at the next renewal', async () => {
    const end = deferred<undefined>();
    const { inbox, jobs } = await start({ checkpoint: () => false }, {}, () => end.promise);
    await inbox.put(now());
    await jobs.has(1);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(jobs.entries[0]?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(jobs.entries[0]?.signal.aborted).toBe(true);
    end.resolve(undefined);
  });

  test('that another process has taken over aborts its signal at a checkpoint', async () => {
    const end = deferred<undefined>();
    const { inbox, jobs } = await start({ checkpoint: () => false }, {}, () => end.promise);
    await inbox.put(now());
    await jobs.has(1);
    expect(await jobs.entries[0]?.checkpoint('crm')).toBe(false);
    expect(jobs.entries[0]?.signal.aborted).toBe(true);
    end.resolve(undefined);
  });

  test('that another process has settled is not reported as dead', async () => {
    const { inbox, jobs, dead, outcomes } = await start({ settle: () => false }, {}, async () =>
      failure(true),
    );
    await inbox.put(now());
    await jobs.has(1);
    await settled();
    expect([outcomes.entries, dead.entries]).toEqual([[], []]);
  });

  test('is renewed three times in its lease, and not after it is settled', async () => {
    const end = deferred<undefined>();
    const real = createMemoryInboxStore();
    const checkpoint = vi.fn(real.checkpoint);
    const { inbox, jobs, outcomes } = await start({ ...real, checkpoint }, {}, () => end.promise);
    await inbox.put(now());
    await jobs.has(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(checkpoint.mock.calls).toEqual(
      [10_000, 20_000, 30_000].map((ms) => [
        { id: 'event-1', fence: 1 },
        { handlerName: undefined, leaseMs: 30_000, nowMs: NOW_MS + ms },
      ]),
    );
    end.resolve(undefined);
    await outcomes.has(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(checkpoint).toHaveBeenCalledTimes(3);
  });

  test.each<[string, number, (real: InboxStore) => Partial<InboxStore>]>([
    ['', 1, () => ({})],
    [
      ', even if the store gives it again',
      2,
      (real) => ({ claim: (request) => real.claim({ ...request, exceptIds: [] }) }),
    ],
  ])(
    'whose lease ran out in its process is not handed over again and settles%s',
    async (_, attempt, change) => {
      const end = deferred<undefined>();
      const real = createMemoryInboxStore();
      let isDown = true;
      const checkpoint: InboxStore['checkpoint'] = (holding, update) => {
        if (isDown) throw diskIsFull;
        return real.checkpoint(holding, update);
      };
      const changes = { ...real, checkpoint, ...change(real) };
      const { inbox, jobs, outcomes, store } = await start(changes, {}, () => end.promise);
      await inbox.put(now());
      await jobs.has(1);
      await vi.advanceTimersByTimeAsync(30_000);
      isDown = false;
      expect(await store.list({ id: 'event-1' })).toMatchObject({ items: [{ state: 'leased', attempt }] });
      expect(await jobs.entries[0]?.checkpoint('crm')).toBe(true);
      expect(jobs.entries[0]?.signal.aborted).toBe(false);
      end.resolve(undefined);
      expect(await outcomes.has(1)).toMatchObject([{ state: 'done' }]);
      expect(jobs.entries).toHaveLength(1);
    },
  );

  test('whose attempts all ended with the process is exhausted, and dead after that', async () => {
    const store = createMemoryInboxStore();
    await store.put(now(), { nowMs: NOW_MS });
    // Two processes that died.
    for (const ms of [0, 1]) {
      await store.claim({ limit: 1, leaseMs: -1, nowMs: NOW_MS + ms, exceptIds: [] });
    }
    const { jobs, dead, outcomes } = await start(store, { maxAttempts: 2 }, async ({ isExhausted }) =>
      isExhausted ? failure() : undefined,
    );
    expect(await outcomes.has(1)).toMatchObject([{ state: 'dead', error: { message: 'The CRM is down.' } }]);
    expect(jobs.entries).toMatchObject([{ attempt: 3, isExhausted: true }]);
    await settled();
    expect(dead.entries).toMatchObject([[{ id: 'event-1' }, { isFinal: false }]]);
  });

  test('is not exhausted in its last attempt, and dead after that', async () => {
    const { inbox, jobs, outcomes } = await start({}, { maxAttempts: 2, backoff: () => 0 }, async () =>
      failure(),
    );
    await inbox.put(now());
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(1);
    await outcomes.has(2);
    expect(jobs.entries.map(({ attempt, isExhausted }) => [attempt, isExhausted])).toEqual([
      [1, false],
      [2, false],
    ]);
    expect(outcomes.entries.map(({ state }) => state)).toEqual(['pending', 'dead']);
  });

  test('is dead at once after a failure that is final', async () => {
    const { inbox, outcomes, dead } = await start({}, {}, async () => failure(true));
    await inbox.put(now());
    const error = { code: 'HANDLER_FAILED', message: 'The CRM is down.' };
    const failures = [{ ...error, attempt: 1, generation: 0, startedAtMs: NOW_MS, endedAtMs: NOW_MS }];
    expect(await outcomes.has(1)).toEqual([{ state: 'dead', nowMs: NOW_MS, error, failures }]);
    await settled();
    expect(dead.entries).toHaveLength(1);
  });

  test('is due again when the backoff says so, which counts attempts from 1', async () => {
    const backoff = vi.fn((attempt: number) => attempt * 5_000);
    const { inbox, jobs, outcomes, dead } = await start({}, { backoff, pollMs: 60_000 }, async () =>
      failure(),
    );
    await settled(); // So the next look would come in a minute.
    await inbox.put(now());
    await outcomes.has(1);
    expect(outcomes.entries).toMatchObject([
      {
        state: 'pending',
        nowMs: NOW_MS,
        dueMs: NOW_MS + 5_000,
        error: { code: 'HANDLER_FAILED', message: 'The CRM is down.' },
      },
    ]);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(jobs.entries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(jobs.entries).toHaveLength(2);
    expect(backoff.mock.calls).toEqual([[1], [2]]);
    expect(dead.entries).toEqual([]);
  });
});

describe('the inbox looks into its store', () => {
  test('when an entry is put, and after pollMs for what other processes put', async () => {
    const store = createMemoryInboxStore();
    const { inbox, jobs } = await start(store, { pollMs: 700 });
    await inbox.put(now({ id: 'own' }));
    await settled();
    expect(jobs.entries.map(({ id }) => id)).toEqual(['own']);
    await store.put(now({ id: 'foreign' }), { nowMs: Date.now() });
    await vi.advanceTimersByTimeAsync(699);
    expect(jobs.entries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(jobs.entries.map(({ id }) => id)).toEqual(['own', 'foreign']);
  });

  test('when the store says that there is something', async () => {
    const listen = vi.fn<(wake: () => void) => void>();
    const { store, jobs } = await start({ listen });
    await settled();
    await store.put(now(), { nowMs: Date.now() }); // As another process does.
    await settled();
    expect(jobs.entries).toEqual([]);
    listen.mock.calls[0]?.[0]();
    expect(await jobs.has(1)).toHaveLength(1);
  });

  test('every second by default', async () => {
    const store = createMemoryInboxStore();
    const { jobs } = await start(store);
    await settled();
    await store.put(now(), { nowMs: Date.now() });
    await vi.advanceTimersByTimeAsync(999);
    expect(jobs.entries).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(jobs.entries).toHaveLength(1);
  });

  test('when a place becomes free, and for no more entries than there are places', async () => {
    const ends = [deferred<undefined>(), deferred<undefined>(), deferred<undefined>()];
    const real = createMemoryInboxStore();
    const claim = vi.fn(real.claim);
    const { inbox, jobs } = await start({ ...real, claim }, { concurrency: 2 }, (job) => {
      return ends[Number(job.id)]?.promise ?? Promise.resolve(undefined);
    });
    for (const id of ['0', '1', '2']) await inbox.put(now({ id }));
    await settled();
    expect(jobs.entries.map(({ id }) => id)).toEqual(['0', '1']);
    ends[1]?.resolve(undefined);
    await settled();
    expect(jobs.entries.map(({ id }) => id)).toEqual(['0', '1', '2']);
    expect(claim.mock.calls.every(([{ limit }]) => limit > 0 && limit <= 2)).toBe(true);
    for (const end of ends) end.resolve(undefined);
  });

  test('and does not ask when the next entry is due while no place is free', async () => {
    const real = createMemoryInboxStore();
    const nextDueMs = vi.fn(real.nextDueMs);
    for (const id of ['1', '2']) await real.put(now({ id }), { nowMs: Date.now() });
    const never = () => new Promise<never>(() => {});
    const { jobs } = await start({ ...real, nextDueMs }, { concurrency: 1 }, never);
    await jobs.has(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(nextDueMs).not.toHaveBeenCalled();
  });

  test('when an entry is retried by hand', async () => {
    const { inbox, jobs, outcomes } = await start({}, { pollMs: 60_000, keepDoneBodies: true });
    await inbox.put(now());
    await outcomes.has(1);
    await settled();
    expect(await inbox.retry({ id: 'event-1' })).toBe(1);
    await jobs.has(2);
  });

  test('and stops when it is closed', async () => {
    const store = createMemoryInboxStore();
    const claim = vi.fn(store.claim);
    const { inbox } = await start({ ...store, claim });
    await inbox.close();
    const calls = claim.mock.calls.length;
    await inbox.put(now());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(claim).toHaveBeenCalledTimes(calls);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('close', () => {
  test('waits 10 s by default, and a second call does nothing', async () => {
    const close = vi.fn();
    const { inbox, jobs } = await start({ close }, {}, () => new Promise(() => {}));
    await inbox.put(now());
    await jobs.has(1);
    const closing = Promise.all([inbox.close(), inbox.close({ timeoutMs: 1 })]);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await isSettled(closing)).toBe(false);
    expect(close).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await closing;
    expect(close).toHaveBeenCalledTimes(1);
    expect(jobs.entries[0]?.signal.aborted).toBe(true);
  });

  test('waits until what ran is settled, and then closes the store', async () => {
    const calls: string[] = [];
    const end = deferred<undefined>();
    const settling = deferred();
    const { inbox, jobs } = await start(
      {
        close: () => void calls.push('close'),
        async settle() {
          calls.push('settle');
          await settling.promise;
          calls.push('settled');
          return true;
        },
      },
      {},
      () => end.promise,
    );
    await inbox.put(now());
    await jobs.has(1);
    const closing = inbox.close();
    end.resolve(undefined);
    expect(await isSettled(closing)).toBe(false);
    settling.resolve();
    await closing;
    expect(calls).toEqual(['settle', 'settled', 'close']);
  });

  test('waits for entries that are being claimed', async () => {
    const real = createMemoryInboxStore();
    const claiming = deferred();
    let isSlow = false;
    const { inbox, outcomes } = await start({
      ...real,
      async claim(request) {
        if (isSlow) await claiming.promise;
        return real.claim(request);
      },
    });
    await settled();
    isSlow = true;
    await real.put(now(), { nowMs: Date.now() });
    await vi.advanceTimersByTimeAsync(1_000);
    const closing = inbox.close();
    expect(await isSettled(closing)).toBe(false);
    claiming.resolve();
    await closing;
    expect(outcomes.entries).toMatchObject([{ state: 'done' }]);
  });

  test('rejects if the store cannot be closed', async () => {
    const inbox = createStoreInbox({ ...createMemoryInboxStore(), close: broken });
    await expect(inbox.close()).rejects.toThrow(diskIsFull);
  });
});

test('start() rejects if the store cannot be reached, and can be called again, but not twice', async () => {
  const health = vi
    .fn<InboxStore['health']>(() => ({ isWritable: true, problems: [] }))
    .mockImplementationOnce(broken);
  const inbox = createStoreInbox({ ...createMemoryInboxStore(), health });
  closeAtTheEnd(inbox);
  const ended = journal<string>();
  const consumer: InboxConsumer = {
    async process({ id }) {
      ended.add(id);
      return undefined;
    },
    onDead() {},
    onError() {},
  };
  await inbox.put(now());
  await expect(inbox.start(consumer)).rejects.toThrow(diskIsFull);
  await settled();
  expect(ended.entries).toEqual([]);
  await inbox.start(consumer);
  expect(await ended.has(1)).toEqual(['event-1']);
  await expect(inbox.start(consumer)).rejects.toThrow(
    new Error('The inbox "default" is started already. Give each receiver an inbox of its own.'),
  );
});

test('what a store says about its settings is reported at the start', async () => {
  const { troubles } = await start({
    health: () => ({ isWritable: true, problems: ['It forgets.', 'It is slow.'] }),
  });
  expect(troubles.entries).toEqual([
    ['check durability', new Error('It forgets.')],
    ['check durability', new Error('It is slow.')],
  ]);
});

describe('if the wall clock was ahead and steps back', () => {
  const aheadMs = 3 * 86_400_000;
  const problem = (count: number) =>
    `${count} events had times later than this inbox ever sets, so the clock was ahead and was set back. They are handled now. ` +
    'Keep the clocks of your machines in sync.';

  test('an entry that waits for its next attempt is due now, and health() says so for an hour', async () => {
    vi.setSystemTime(NOW_MS + aheadMs);
    const { inbox, jobs, outcomes } = await start({}, {}, async () => failure());
    await inbox.put(now());
    await outcomes.has(1);
    vi.setSystemTime(NOW_MS);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(jobs.entries.length).toBeGreaterThan(1);
    expect((await inbox.health()).problems).toEqual([problem(1)]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect((await inbox.health()).problems).toEqual([]);
  });

  test('an entry that waits as long as the backoff says goes on waiting', async () => {
    const { inbox, jobs } = await start({}, { backoff: () => aheadMs }, async () => failure());
    await inbox.put(now());
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(jobs.entries).toHaveLength(1);
    expect((await inbox.health()).problems).toEqual([]);
  });

  test('an entry whose process died is taken over when a lease is over, also by the next process', async () => {
    const store = createMemoryInboxStore();
    await store.put(now(), { nowMs: NOW_MS });
    await store.claim({ limit: 1, leaseMs: 30_000, nowMs: NOW_MS + aheadMs, exceptIds: [] });
    const { inbox, jobs } = await start(store);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(jobs.entries).toHaveLength(0);
    expect((await inbox.health()).problems).toEqual([problem(1)]);
    await vi.advanceTimersByTimeAsync(1);
    expect(jobs.entries).toHaveLength(1);
  });

  test('an entry that another process is handling stays with it', async () => {
    vi.setSystemTime(NOW_MS + aheadMs);
    const store = createMemoryInboxStore();
    const end = deferred<undefined>();
    const holder = await start(store, {}, () => end.promise);
    await holder.inbox.put(now());
    await holder.jobs.has(1);
    vi.setSystemTime(NOW_MS);
    const other = await start(store);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(other.jobs.entries).toEqual([]);
    end.resolve(undefined);
    expect(await holder.outcomes.has(1)).toMatchObject([{ state: 'done' }]);
  });
});

test.each([
  [1e12, 7 * 86_400_000],
  [Number.POSITIVE_INFINITY, 7 * 86_400_000],
  [7 * 86_400_000 - 1, 7 * 86_400_000 - 1],
  [1_000.4, 1_000],
  [1_000.5, 1_001],
  [-1, 0],
])('a backoff of %d ms is a wait of %d ms', async (backoffMs, waitMs) => {
  const { inbox, outcomes } = await start({}, { backoff: () => backoffMs }, async () => failure());
  await inbox.put(now());
  expect(await outcomes.has(1)).toMatchObject([{ dueMs: NOW_MS + waitMs }]);
});

test.each([undefined, Number.NaN])('a backoff of %s is as long as it is by default', async (backoffMs) => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const backoff = vi.fn(() => backoffMs as number);
  const { inbox, outcomes } = await start({}, { backoff }, async () => failure());
  await inbox.put(now());
  expect(await outcomes.has(1)).toMatchObject([{ dueMs: NOW_MS + 5_000 }]);
  random.mockRestore();
});

test('a handler that asks for a longer wait than the backoff gets it', async () => {
  const { inbox, outcomes } = await start({}, { backoff: () => 1_000 }, async (job) => ({
    ...failure(),
    retryAfterMs: job.id === 'long' ? 2_000 : 500,
  }));
  await inbox.put(now({ id: 'long' }));
  expect(await outcomes.has(1)).toMatchObject([{ dueMs: NOW_MS + 2_000 }]);
  await inbox.put(now({ id: 'short' }));
  expect(await outcomes.has(2)).toMatchObject([{}, { dueMs: NOW_MS + 1_000 }]);
});

test('what people see is unix time, whatever clock the inbox has', async () => {
  let clockMs = 5;
  const { inbox, outcomes } = await start({}, { clock: () => clockMs, backoff: () => 60_000 }, async (job) =>
    job.id === 'fails' ? failure() : undefined,
  );
  await inbox.put(now({ id: 'fails' }));
  await inbox.put(now({ id: 'works' }));
  await outcomes.has(2);
  clockMs += 1_000;
  vi.setSystemTime(NOW_MS + 1_000);
  expect((await inbox.list({ state: 'pending' })).items).toMatchObject([{ dueAtMs: NOW_MS + 60_000 }]);
  const settledAtMs = async () => (await inbox.list({ state: 'done' })).items[0]?.settledAtMs;
  expect(await settledAtMs()).toBe(NOW_MS);
  // The two clocks are not read at the same moment, and yet an entry has the same times in each list.
  vi.setSystemTime(NOW_MS + 1_007);
  expect(await settledAtMs()).toBe(NOW_MS);
  // Only if one of them was set by more than a second, the times are other ones.
  for (const [nowMs, atMs] of [
    [2_000, 0],
    [2_001, 1_001],
    [1_001, 1_001],
    [1_000, 0],
    [60_000, 59_000],
  ] as const) {
    vi.setSystemTime(NOW_MS + nowMs);
    expect(await settledAtMs()).toBe(NOW_MS + atMs);
  }
});

describe('purging', () => {
  test('happens after 5 minutes and then every hour, by the clock of the inbox', async () => {
    const purge = vi.fn<InboxStore['purge']>(() => 0);
    await start({ purge }, { keepDoneMs: 1_000, keepDeadMs: 2_000, clock: () => Date.now() - 7 });
    await vi.advanceTimersByTimeAsync(299_999);
    expect(purge).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    const calls = (nowMs: number) => [
      [{ state: 'done', beforeMs: nowMs - 1_000, limit: 500 }],
      [{ state: 'dead', beforeMs: nowMs - 2_000, limit: 500 }],
    ];
    expect(purge.mock.calls).toEqual(calls(NOW_MS + 300_000 - 7));
    purge.mockClear();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(purge.mock.calls).toEqual(calls(NOW_MS + 3_900_000 - 7));
  });

  test.each([
    ['the wall clock', {}],
    ['the clock of a server', { clock: () => Date.now() }],
  ])('deletes nothing recent if %s is 31 days ahead, at the start or later', async (_whose, options) => {
    const store = createMemoryInboxStore();
    const dead = now({ error: { code: 'BODY_INVALID', message: 'It is no JSON.' } });
    const jumpMs = 31 * 86_400_000;
    await createStoreInbox(store).put(dead);
    vi.setSystemTime(NOW_MS + jumpMs);
    await start(store, options);
    await vi.advanceTimersByTimeAsync(60_000);
    vi.setSystemTime(NOW_MS + 60_000);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await store.counts()).toMatchObject({ dead: 1 });
    vi.setSystemTime(Date.now() + jumpMs);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await store.counts()).toMatchObject({ dead: 1 });
  });

  test('goes on until a batch is not full, and counts what was deleted', async () => {
    const left = { done: 1_200, dead: 500 };
    const purge = vi.fn<InboxStore['purge']>(({ state, limit }) => {
      const count = Math.min(limit, left[state]);
      left[state] -= count;
      return count;
    });
    const inbox = createStoreInbox({ ...createMemoryInboxStore(), purge });
    expect(await inbox.purge()).toBe(1_700);
    expect(purge.mock.calls.map(([{ state }]) => state)).toEqual(['done', 'done', 'done', 'dead', 'dead']);
  });

  test('keeps done entries for 7 days and dead ones for 30 by default', async () => {
    const DAY_MS = 86_400_000;
    const purge = vi.fn<InboxStore['purge']>(() => 0);
    await createStoreInbox({ ...createMemoryInboxStore(), purge }).purge();
    expect(purge.mock.calls.map(([{ beforeMs }]) => NOW_MS - beforeMs)).toEqual([7 * DAY_MS, 30 * DAY_MS]);
  });
});

describe('changing many entries', () => {
  /** A store in which retrying and discarding have no end, because new entries come. */
  function endless() {
    const limits: number[] = [];
    const change = (_target: unknown, { limit }: { readonly limit: number }) => {
      limits.push(limit);
      return limit;
    };
    const counts = () => ({ pending: 0, leased: 0, done: 0, dead: 1_200 });
    return { inbox: createStoreInbox({ ...createMemoryInboxStore(), retry: change, counts }), limits };
  }

  test('retries no more entries than there are when it is called', async () => {
    const { inbox, limits } = endless();
    expect(await inbox.retry({ state: 'dead' })).toBe(1_200);
    expect(limits).toEqual([500, 500, 200]);
  });

  test('retries one entry', async () => {
    const { inbox, limits } = endless();
    expect(await inbox.retry({ id: 'event-1' })).toBe(1);
    expect(limits).toEqual([1]);
  });

  test('discards in batches', async () => {
    const results = [500, 500, 3];
    const discard = vi.fn<InboxStore['discard']>(() => results.shift() ?? 0);
    const inbox = createStoreInbox({ ...createMemoryInboxStore(), discard });
    expect(await inbox.discard({ state: 'done' })).toBe(1_003);
    expect(discard.mock.calls).toEqual(Array(3).fill([{ state: 'done' }, { limit: 500 }]));
  });
});

describe('the options of an inbox', () => {
  test('have defaults', () => {
    expect(INBOX_DEFAULTS).toEqual({
      name: 'default',
      maxAttempts: 8,
      backoff: expect.any(Function),
      concurrency: 8,
      leaseMs: 30_000,
      keepDoneMs: 604_800_000,
      keepDoneBodies: false,
      keepDeadMs: 2_592_000_000,
    });
    expect(createMemoryInbox().name).toBe('default');
    expect(createMemoryInbox({ name: 'crm' }).name).toBe('crm');
    expect(createMemoryInbox({ name: undefined } as never).name).toBe('default');
  });

  test('let 8 entries be handled at once by default', async () => {
    const { inbox, jobs } = await start({}, {}, () => new Promise(() => {}));
    for (let id = 0; id < 9; id++) await inbox.put(now({ id: `${id}` }));
    await settled();
    expect(jobs.entries).toHaveLength(8);
  });

  test.each(['maxAttempts', 'concurrency', 'leaseMs', 'keepDoneMs', 'keepDeadMs', 'pollMs'] as const)(
    'reject %s of 0',
    (option) => {
      expect(() => createMemoryInbox({ [option]: 0 })).toThrow(
        new TypeError(`The option "${option}" must be a number above 0, not 0.`),
      );
    },
  );

  test.each(['maxAttempts', 'concurrency'] as const)('reject %s of 1.5', (option) => {
    expect(() => createMemoryInbox({ [option]: 1.5 })).toThrow(
      new TypeError(`The option "${option}" must be a whole number, not 1.5.`),
    );
  });

  test('have a backoff that is random, and grows to an hour', () => {
    const { backoff } = INBOX_DEFAULTS;
    const random = vi.spyOn(Math, 'random');
    const waits = (value: number) => {
      random.mockReturnValue(value);
      return [1, 2, 3, 4, 5, 6, 7].map((attempt) => backoff(attempt));
    };
    expect(waits(1)).toEqual([10_000, 40_000, 160_000, 640_000, 2_560_000, 3_600_000, 3_600_000]);
    expect(waits(0.5)).toEqual([5_000, 20_000, 80_000, 320_000, 1_280_000, 1_800_000, 1_800_000]);
    expect(waits(0)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(waits(0.000_06)[0]).toBe(1);
    random.mockRestore();
  });

  test('can have a clock', async () => {
    const claim = vi.fn<InboxStore['claim']>(() => []);
    await start({ claim }, { clock: () => 5 });
    await settled();
    expect(claim.mock.calls[0]).toEqual([{ limit: 8, leaseMs: 30_000, nowMs: 5, exceptIds: [] }]);
  });
});

test('an entry that a store lists without a time has none', async () => {
  const { dueAtMs: _, ...item } = { ...now(), state: 'pending', dueAtMs: 1 } as unknown as InboxItem;
  const { inbox } = await start({ list: () => ({ items: [item], next: undefined }) });
  expect((await inbox.list()).items).toEqual([item]);
});

test('the time of an entry has a name that depends on its state', () => {
  expect(timesOf('pending', 1)).toEqual({ dueAtMs: 1 });
  expect(timesOf('leased', 1)).toEqual({ leasedUntilMs: 1 });
  expect(timesOf('done', 1)).toEqual({ settledAtMs: 1 });
  expect(timesOf('dead', 1)).toEqual({ settledAtMs: 1 });
});
