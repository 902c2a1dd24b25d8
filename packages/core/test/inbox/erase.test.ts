import {
  createStoreInbox,
  type EraseOptions,
  type InboxItem,
  type InboxState,
  type InboxStore,
  type SettledOutcome,
} from '@showpad-webhooks/core/inbox';
import { erasedEntry } from '@showpad-webhooks/core/store';
import { describe, expect, test } from 'vitest';
import { entryOf } from '../../src/testing/inbox-store-conformance.ts';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';

const isOfJane = ({ body }: InboxItem) => Buffer.from(body ?? []).includes('jane@');
const crmIsDown = { code: 'HANDLER_FAILED', message: 'The CRM is down.' };
const HOUR_MS = 3_600_000;

/** A store with one entry of Jane and one of John in each state. */
async function storeOfTwo(): Promise<InboxStore> {
  const store = createMemoryInboxStore();
  const put = async (who: string, state: InboxState) => {
    const id = `${state} ${who}`;
    const error = state === 'dead' ? { code: 'EVENT_INVALID', message: 'It is no event.' } : undefined;
    const body = Buffer.from(`{"email":"${who}@example.com"}`);
    await store.put(entryOf({ id, body, error, receivedAtMs: 1 }), {
      nowMs: state === 'pending' ? HOUR_MS : 0,
    });
    if (state !== 'leased' && state !== 'done') return;
    const [claimed] = await store.claim({ limit: 1, leaseMs: HOUR_MS, nowMs: 1, exceptIds: [] });
    const holding = { id, fence: claimed?.fence ?? 0 };
    if (state === 'done') await store.settle(holding, { state, nowMs: 2, keepBody: true });
  };
  for (const state of ['pending', 'leased', 'done', 'dead'] as const) {
    await put('jane', state);
    await put('john', state);
  }
  return store;
}

/** The ids that are left, and `erased` for each entry that was erased. */
async function idsIn(store: InboxStore): Promise<string[]> {
  const pages = await Promise.all(
    (['pending', 'leased', 'done', 'dead'] as const).map((state) => store.list({ state })),
  );
  return pages.flatMap(({ items }) => items.map(({ id, isErased }) => (isErased ? 'erased' : id))).sort();
}

const OF_JOHN = ['dead john', 'done john', 'leased john', 'pending john'];

describe('erase()', () => {
  test('erases what is meant in every state but leased, and says what it did', async () => {
    const store = await storeOfTwo();
    const receipt = await createStoreInbox(store, { clock: () => 7 }).erase(isOfJane);
    expect(receipt).toEqual({ pending: 1, leased: 1, done: 1, dead: 1, running: ['leased jane'] });
    expect(await idsIn(store)).toEqual([...OF_JOHN, 'erased', 'erased', 'erased', 'leased jane'].sort());
    const { items } = await store.list({ id: 'dead jane' });
    expect(items).toMatchObject([{ state: 'done', settledAtMs: 7, error: undefined }]);
    expect(items[0]).not.toHaveProperty('body');
  });

  test.each<[EraseOptions | undefined, number]>([
    [{ isDryRun: true }, 0],
    [{ isDryRun: false }, 3],
    [{ isDryRun: undefined }, 3],
    [{}, 3],
    [undefined, 3],
  ])('with %j counts the same, and erases %i entries', async (options, number) => {
    const store = await storeOfTwo();
    const receipt = await createStoreInbox(store).erase(isOfJane, options);
    expect(receipt).toEqual({ pending: 1, leased: 1, done: 1, dead: 1, running: ['leased jane'] });
    expect((await idsIn(store)).filter((id) => id === 'erased')).toHaveLength(number);
  });

  test('shows the predicate each entry with its body, if it has one, and none that is erased already', async () => {
    const store = await storeOfTwo();
    const inbox = createStoreInbox(store);
    await inbox.erase(isOfJane);
    const holding = { limit: 1, leaseMs: 1, nowMs: HOUR_MS, exceptIds: ['leased jane', 'leased john'] };
    const [claimed] = await store.claim(holding);
    const { id = '', fence = 0 } = claimed ?? {};
    await store.settle({ id, fence }, { state: 'done', nowMs: 1, keepBody: false });
    const seen = new Map<string, string | undefined>();
    await inbox.erase(async ({ id, body }) => {
      seen.set(id, body && Buffer.from(body).toString());
      return false;
    });
    expect([...seen].sort()).toEqual([
      ['dead john', '{"email":"john@example.com"}'],
      ['done john', '{"email":"john@example.com"}'],
      ['leased jane', '{"email":"jane@example.com"}'],
      ['leased john', '{"email":"john@example.com"}'],
      ['pending john', undefined],
    ]);
  });

  test('reads every page', async () => {
    const store = createMemoryInboxStore();
    for (let index = 0; index < 250; index++) await store.put(entryOf({ id: `${index}` }), { nowMs: 0 });
    expect(await createStoreInbox(store).erase(({ id }) => Number(id) % 2 === 0)).toMatchObject({
      pending: 125,
    });
    expect(await store.counts()).toMatchObject({ pending: 125, done: 125 });
  });

  test('lets the app work between two pages', async () => {
    const store = createMemoryInboxStore();
    for (let index = 0; index < 250; index++) await store.put(entryOf({ id: `${index}` }), { nowMs: 0 });
    let seen = 0;
    const seenAtTurns: number[] = [];
    const turn = () => {
      seenAtTurns.push(seen);
      if (seen < 250) setImmediate(turn);
    };
    setImmediate(turn);
    await createStoreInbox(store).erase(() => ++seen < 0);
    expect(seenAtTurns).toContain(100);
    expect(seenAtTurns).toContain(200);
  });

  test.each<SettledOutcome>([
    { state: 'pending', nowMs: 1, dueMs: 1, error: crmIsDown, failures: [] },
    { state: 'dead', nowMs: 1, error: crmIsDown, failures: [] },
    { state: 'done', nowMs: 1, keepBody: true },
  ])('meets an entry again that was taken before it could be erased, and then is $state', async (outcome) => {
    const memory = createMemoryInboxStore();
    await memory.put(entryOf({ id: 'a' }), { nowMs: 0 });
    let fence: number | undefined;
    const inbox = createStoreInbox({
      ...memory,
      async erase(...args) {
        if (fence === undefined) {
          const [claimed] = await memory.claim({ limit: 1, leaseMs: HOUR_MS, nowMs: 1, exceptIds: [] });
          fence = claimed?.fence ?? 0;
        }
        return memory.erase(...args);
      },
      async list(query) {
        if (query.state === 'leased' && fence !== undefined) await memory.settle({ id: 'a', fence }, outcome);
        return memory.list(query);
      },
    });
    const receipt = { pending: 0, leased: 0, done: 0, dead: 0, running: [], [outcome.state]: 1 };
    expect(await inbox.erase(() => true)).toEqual(receipt);
    expect(await idsIn(memory)).toEqual(['erased']);
  });

  test('does not count what was discarded meanwhile', async () => {
    const store = await storeOfTwo();
    const inbox = createStoreInbox({ ...store, erase: () => undefined });
    expect(await inbox.erase(isOfJane)).toEqual({ pending: 0, leased: 0, done: 0, dead: 0, running: [] });
    const gone = createStoreInbox({
      ...store,
      list: (query) => ('id' in query ? { items: [], next: undefined } : store.list(query)),
    });
    expect(await gone.erase(() => true)).toEqual({ pending: 0, leased: 0, done: 0, dead: 0, running: [] });
  });

  test('rejects if the predicate throws, and what was erased until then stays erased', async () => {
    const store = await storeOfTwo();
    const stop = new Error('It stops here.');
    const erasing = createStoreInbox(store).erase((item) => {
      if (item.state === 'dead') throw stop;
      return isOfJane(item);
    });
    await expect(erasing).rejects.toBe(stop);
    expect(await idsIn(store)).toEqual(
      [...OF_JOHN, 'dead jane', 'done jane', 'leased jane', 'erased'].sort(),
    );
  });
});

test('what is left of an entry is its type and its time, and a name that nothing can be read from', () => {
  const entry = entryOf({ id: 'jane@example.com', receivedAtMs: 5 });
  expect(erasedEntry(entry, 7)).toEqual({
    id: 'erased:7',
    type: entry.type,
    method: '',
    headers: {},
    timestampSeconds: 0,
    receivedAtMs: 5,
    isErased: true,
  });
});
