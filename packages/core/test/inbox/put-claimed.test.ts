import { ShowpadWebhookError } from '@showpad-webhooks/core';
import {
  createStoreInbox,
  type InboxJob,
  type InboxStore,
  type StoreInboxOptions,
} from '@showpad-webhooks/core/inbox';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MaybePromise } from '../../src/shared/promise.ts';
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
  expect((await inbox.list({ state: 'leased' })).items).toMatchObject([
    { id: 'a', leasedUntilMs: Date.now() + 30_000 },
  ]);
  await end('a');
  expect(await inbox.counts()).toEqual({ pending: 0, leased: 0, done: 1, dead: 0 });
  expect(store.put).not.toHaveBeenCalled();
  expect(store.claim).toHaveBeenCalledTimes(looks);
});

test('put() resolves a turn of the event loop before the handlers begin, so that the response does not wait for them', async () => {
  const { inbox, begun } = await start();
  for (const id of ['a', 'b']) {
    await inbox.put(entry(id));
    for (let promise = 0; promise < 100; promise++) await undefined;
    expect(begun).not.toContain(id);
    await settled();
    expect(begun).toContain(id);
  }
});

test('an entry is handled, and fails, as one that was looked for', async () => {
  async function handleOne(store: InboxStore) {
    const inbox = createStoreInbox(store, { maxAttempts: 1 });
    closeAtTheEnd(inbox);
    const jobs: InboxJob[] = [];
    await inbox.start({
      async process(job) {
        jobs.push(job);
        const error = new ShowpadWebhookError('HANDLER_FAILED', 'The CRM is down.', { hint: 'None.' });
        return { error, isFinal: false, kept: { code: error.code, message: error.message } };
      },
      onDead() {},
      onError() {},
    });
    await settled();
    expect(await inbox.put(entry('a'))).toBe('stored');
    await settled();
    const { attempt, isExhausted, done, body, headers } = jobs[0] as InboxJob;
    const { items } = await inbox.list({ id: 'a' });
    return { job: { attempt, isExhausted, done, body, headers }, items, number: jobs.length };
  }
  const { putClaimed: _, ...withoutPutClaimed } = createMemoryInboxStore();
  const taken = await handleOne(createMemoryInboxStore());
  expect(taken).toMatchObject({
    number: 1,
    items: [{ state: 'dead', attempt: 1, failures: [{ attempt: 1 }] }],
  });
  expect(await handleOne(withoutPutClaimed)).toEqual(taken);
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

describe('with one place, an entry is not overtaken by one that comes later', () => {
  /** What the store has not answered yet. `release` lets it answer, in the order of the calls. */
  function hold() {
    const held: (() => void)[] = [];
    const answer = <Result>(call: () => MaybePromise<Result>) =>
      new Promise<Result>((resolve) => held.push(() => resolve(call())));
    return {
      answer,
      async release() {
        for (const call of held.splice(0)) call();
        await settled();
      },
    };
  }

  test('if it waits while the store looks for it', async () => {
    const memory = createMemoryInboxStore();
    const looks = hold();
    let isSlow = false;
    const { inbox, begun, end } = await start(
      { concurrency: 1 },
      {
        ...memory,
        claim: (request) => (isSlow ? looks.answer(() => memory.claim(request)) : memory.claim(request)),
      },
    );
    await inbox.put(entry('a'));
    await inbox.put(entry('b'));
    await settled();
    isSlow = true;
    await end('a');
    await inbox.put(entry('c'));
    isSlow = false;
    await looks.release();
    await end('b');
    await end('c');
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  test.each(['no place was free', 'the store was looking for others'])(
    'if it is being stored, because %s when it came',
    async (why) => {
      const memory = createMemoryInboxStore();
      const { putClaimed = () => ({ isConflict: false }) } = memory;
      const [looks, writes] = [hold(), hold()];
      let isSlow = why === 'the store was looking for others';
      const { inbox, begun, end } = await start(
        { concurrency: 1 },
        {
          ...memory,
          put: (...args) => writes.answer(() => memory.put(...args)),
          putClaimed: (...args) => (isSlow ? writes.answer(() => putClaimed(...args)) : putClaimed(...args)),
          async claim(request) {
            const found = await memory.claim(request);
            return isSlow ? looks.answer(() => found) : found;
          },
        },
      );
      if (!isSlow) {
        await inbox.put(entry('a'));
        await settled();
        isSlow = true;
      }
      const puts = [inbox.put(entry('b'))];
      if (begun.length > 0) await end('a');
      else await looks.release();
      puts.push(inbox.put(entry('c')));
      await writes.release();
      for (let look = 0; look < 3; look++) await looks.release();
      expect(begun.at(-1)).toBe('b');
      expect(await Promise.all(puts)).toEqual(['stored', 'stored']);
    },
  );
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
