import { createStoreInbox, type InboxStore, type StoreInboxOptions } from '@showpad-webhooks/core/inbox';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { entryOf } from '../../src/testing/inbox-store-conformance.ts';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';
import { closeAtTheEnd, deferred, isSettled, settled, startTime, stopTime } from '../support.ts';

beforeEach(stopTime);
afterEach(startTime);

const entry = (id: string) => entryOf({ id, receivedAtMs: Date.now() });

/** An inbox that has looked for entries once, whose handlers end when the test says so, and the calls of its store. */
async function start(options: StoreInboxOptions = {}, changes: Partial<InboxStore> = {}) {
  const memory = { ...createMemoryInboxStore(), ...changes };
  const store = {
    ...memory,
    put: vi.fn(memory.put),
    putClaimed: vi.fn(memory.putClaimed as NonNullable<InboxStore['putClaimed']>),
    claim: vi.fn(memory.claim),
  };
  const running = new Map<string, () => void>();
  const begun: string[] = [];
  let mostAtOnce = 0;
  const inbox = createStoreInbox(store, options);
  closeAtTheEnd(inbox);
  await inbox.start({
    process({ id }) {
      begun.push(id);
      return new Promise((resolve) => {
        running.set(id, () => {
          running.delete(id);
          resolve(undefined);
        });
        mostAtOnce = Math.max(mostAtOnce, running.size);
      });
    },
    onDead() {},
    onError() {},
  });
  await settled();
  const end = async (id: string) => {
    running.get(id)?.();
    await settled();
  };
  return { inbox, store, running, begun, end, most: () => mostAtOnce };
}

test('an entry that comes while a place is free is taken when it is stored, without a look for it', async () => {
  const { inbox, store, begun, end } = await start();
  const looks = store.claim.mock.calls.length;
  expect(await inbox.put(entry('a'))).toBe('stored');
  await settled();
  expect(begun).toEqual(['a']);
  expect(await inbox.counts()).toMatchObject({ pending: 0, leased: 1 });
  await end('a');
  expect(await inbox.counts()).toMatchObject({ leased: 0, done: 1 });
  expect(store.put).not.toHaveBeenCalled();
  expect(store.claim).toHaveBeenCalledTimes(looks);
});

test('put() resolves before the handlers begin, so that the response does not wait for them', async () => {
  const { inbox, begun } = await start();
  await inbox.put(entry('a'));
  expect(begun).toEqual([]);
});

test("an entry begins under Jest's jsdom too, which has no setImmediate", async () => {
  const { inbox, begun } = await start();
  vi.stubGlobal('setImmediate', undefined);
  await inbox.put(entry('a'));
  vi.unstubAllGlobals();
  await settled();
  expect(begun).toEqual(['a']);
});

test('no more entries are taken than there are places, and those that wait come before those that come later', async () => {
  const { inbox, begun, end, most } = await start({ concurrency: 2 });
  await Promise.all(['a', 'b', 'c', 'd'].map((id) => inbox.put(entry(id))));
  await settled();
  expect(begun).toEqual(['a', 'b']);
  await end('a');
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('b');
  await inbox.put(entry('e'));
  await settled();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  await end('c');
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(most()).toBe(2);
});

test('with one place entries are handled in the order in which they came, however they were stored', async () => {
  const { inbox, begun, running, end } = await start({ concurrency: 1 });
  const ids = Array.from({ length: 12 }, (_, index) => `${index}`);
  for (const [index, id] of ids.entries()) {
    await inbox.put(entry(id));
    if (index % 3 === 1) await end(begun.at(-1) ?? '');
  }
  while (running.size > 0) await end(begun.at(-1) ?? '');
  expect(begun).toEqual(ids);
});

test('entries of other processes are not overtaken for ever by new ones', async () => {
  const store = createMemoryInboxStore();
  const { inbox, begun, end } = await start({ concurrency: 1 }, store);
  await inbox.put(entry('a'));
  await settled();
  await store.put(entry('of another process'), { nowMs: 0 });
  await vi.advanceTimersByTimeAsync(1_000); // The inbox looks for entries, and has no place for any.
  await inbox.put(entry('b'));
  await end('a');
  await end('of another process');
  expect(begun).toEqual(['a', 'of another process', 'b']);
});

test('an event that is known gives its place back', async () => {
  const { inbox, begun, end } = await start({ concurrency: 1 });
  await inbox.put(entry('a'));
  await settled();
  await end('a');
  expect(await inbox.put(entry('a'))).toEqual({ isConflict: false });
  expect(await inbox.put({ ...entry('a'), bodyDigest: 7 })).toEqual({ isConflict: true });
  await inbox.put(entry('b'));
  await settled();
  expect(begun).toEqual(['a', 'b']);
});

test('if it cannot be stored, put() rejects and its place is free again', async () => {
  const memory = createMemoryInboxStore();
  let isFull = true;
  const { inbox, begun } = await start(
    { concurrency: 1 },
    {
      ...memory,
      putClaimed(...args) {
        if (isFull) throw new Error('The disk is full.');
        return memory.putClaimed?.(...args) ?? { isConflict: false };
      },
    },
  );
  await expect(inbox.put(entry('a'))).rejects.toThrow('The disk is full.');
  isFull = false;
  await inbox.put(entry('b'));
  await settled();
  expect(begun).toEqual(['b']);
});

test('close() handles an entry that is being stored', async () => {
  const memory = createMemoryInboxStore();
  const stored = deferred();
  const { inbox, begun, end } = await start(
    {},
    {
      ...memory,
      async putClaimed(...args) {
        await stored.promise;
        return memory.putClaimed?.(...args) ?? { isConflict: false };
      },
    },
  );
  const putting = inbox.put(entry('a'));
  const closing = inbox.close();
  expect(await isSettled(closing)).toBe(false);
  stored.resolve();
  expect(await putting).toBe('stored');
  await settled();
  expect(begun).toEqual(['a']);
  await end('a');
  await closing;
});

test('what is dead from the start, or comes after the close, is only stored', async () => {
  const { inbox, store, begun } = await start();
  await inbox.put({ ...entry('dead'), error: { code: 'EVENT_INVALID', message: 'It is not an event.' } });
  await inbox.close();
  await inbox.put(entry('late'));
  await settled();
  expect(store.putClaimed).not.toHaveBeenCalled();
  expect(begun).toEqual([]);
});
