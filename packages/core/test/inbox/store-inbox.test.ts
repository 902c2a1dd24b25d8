import {
  backoffMs,
  createStoreInbox,
  type InboxStore,
  type StoreInboxOptions,
} from '@showpad-webhooks/core/inbox';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { InboxConsumer, InboxJob } from '../src/inbox.ts';
import { entryOf } from '../src/testing/inbox-store-conformance.ts';
import { createMemoryInboxStore } from '../src/testing/memory-inbox.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** An inbox on a store of which some calls are in trouble, and what its consumer was told. */
async function start(
  changes: Partial<InboxStore>,
  options?: StoreInboxOptions,
  process?: InboxConsumer['process'],
) {
  const store = { ...createMemoryInboxStore(), ...changes };
  const inbox = createStoreInbox(store, options);
  const troubles: [string, unknown][] = [];
  const jobs: InboxJob[] = [];
  const dead: string[] = [];
  await inbox.start({
    async process(job) {
      jobs.push(job);
      return process?.(job);
    },
    onDead: (_job, { message }) => dead.push(message),
    onTrouble: (...trouble) => troubles.push(trouble),
  });
  return { inbox, store, troubles, jobs, dead };
}

const broken = () => {
  throw new Error('the disk is full');
};

describe('a store that fails', () => {
  test.each(['claim', 'nextDueMs'] as const)('at %s is asked again, and told of', async (operation) => {
    const real = createMemoryInboxStore();
    const call = vi.fn(real[operation] as () => never).mockImplementationOnce(broken);
    const { inbox, jobs, troubles } = await start({ ...real, [operation]: call }, { pollMs: 1 });
    await inbox.put(entryOf({}));
    await vi.waitFor(() => expect(jobs).toHaveLength(1));
    expect(troubles).toMatchObject([['claim', { message: 'the disk is full' }]]);
    await inbox.stop({ timeoutMs: 0 });
  });

  test('at settling leaves the entry to its lease', async () => {
    const real = createMemoryInboxStore();
    const settle = vi.fn(real.settle).mockImplementationOnce(broken);
    const { inbox, jobs, troubles } = await start({ ...real, settle }, { leaseMs: 30, pollMs: 1 });
    await inbox.put(entryOf({}));
    await vi.waitFor(async () => expect((await inbox.counts()).done).toBe(1));
    expect(jobs.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(troubles).toMatchObject([['settle', { message: 'the disk is full' }]]);
    await inbox.stop({ timeoutMs: 0 });
  });

  test('at purging is told of', async () => {
    const { inbox, troubles } = await start({ purge: broken });
    await vi.waitFor(() => expect(troubles).toMatchObject([['purge', { message: 'the disk is full' }]]));
    await inbox.stop({ timeoutMs: 0 });
  });

  test('at renewal is told of, and the handler goes on', async () => {
    const { inbox, troubles, jobs } = await start({ checkpoint: broken }, { leaseMs: 30 }, (job) => {
      return new Promise((resolve) => job.signal.addEventListener('abort', () => resolve(undefined)));
    });
    await inbox.put(entryOf({}));
    await vi.waitFor(() => expect(troubles[0]).toMatchObject(['renewal', { message: 'the disk is full' }]));
    expect(jobs[0]?.signal.aborted).toBe(false);
    await inbox.stop({ timeoutMs: 0 });
  });

  test('is said not to be reachable, with its own words or what else it threw', async () => {
    const thrown = { nextDueMs: () => Promise.reject('gone') };
    for (const [changes, word] of [
      [{ nextDueMs: broken }, 'the disk is full'],
      [thrown, 'gone'],
    ] as const) {
      const { inbox } = await start(changes, { pollMs: 60_000 });
      expect(await inbox.health()).toEqual({
        isReachable: false,
        lagMs: 0,
        problems: [`the store can't be read: ${word}`],
      });
      await inbox.stop({ timeoutMs: 0 });
    }
  });
});

test('an entry that another holder took is aborted', async () => {
  const { inbox, jobs } = await start({ checkpoint: () => false }, { leaseMs: 30 }, (job) => {
    return new Promise((resolve) => job.signal.addEventListener('abort', () => resolve(undefined)));
  });
  await inbox.put(entryOf({}));
  await vi.waitFor(() => expect(jobs[0]?.signal.aborted).toBe(true));
  await inbox.stop({ timeoutMs: 0 });
});

test('an entry whose attempts all ended with the process is dead, and no handler sees it again', async () => {
  const store = createMemoryInboxStore();
  await store.put(entryOf({}));
  // Two processes that died.
  for (const nowMs of [0, 1])
    await store.claim({ limit: 1, leaseMs: -1, nowMs: entryOf({}).receivedAtMs + nowMs });
  const { inbox, jobs, dead } = await start(store, { maxAttempts: 2 });
  await vi.waitFor(() => expect(dead).toEqual(['the process ended in each of 2 attempts']));
  expect(jobs).toEqual([]);
  await inbox.stop({ timeoutMs: 0 });
});

test('what a store says of its settings is told at the start', async () => {
  const { inbox, troubles } = await start({ problems: () => ['it forgets'] });
  expect(troubles).toMatchObject([['durability', { message: 'it forgets' }]]);
  await inbox.stop({ timeoutMs: 0 });
});

test('the store is purged every hour', async () => {
  vi.useFakeTimers();
  const purge = vi.fn(() => 0);
  const { inbox } = await start({ purge });
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(purge).toHaveBeenCalledTimes(4); // done and dead, at the start and an hour later
  await inbox.stop({ timeoutMs: 0 });
});

test('the backoff grows to an hour, at random below', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7].map((attempt) => backoffMs(attempt, () => 1));
  expect(longest).toEqual([10_000, 40_000, 160_000, 640_000, 2_560_000, 3_600_000, 3_600_000]);
  expect(backoffMs(7, () => 0)).toBe(0);
  expect(backoffMs(1)).toBeLessThanOrEqual(10_000);
});
