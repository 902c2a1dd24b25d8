import { createStoreInbox, type InboxStore } from '@showpad-webhooks/core/inbox';
import { bodyIsGone } from '@showpad-webhooks/core/store';
import { describe, expect, test, vi } from 'vitest';
import { entryOf } from '../../src/testing/inbox-store-conformance.ts';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';

const WHAT_IS_ALLOWED = 'The target must be { id: "an event id" }, { state: "dead" } or { state: "done" }.';

describe.each(['retry', 'discard'] as const)('%s()', (operation) => {
  test.each([
    undefined,
    null,
    {},
    { id: 1 },
    { id: 1, state: 'dead' },
    { id: 1, state: 'pending' },
    { state: 'leased' },
    { state: 'lost' },
  ])('says what a target is, and not %j', async (target) => {
    const inbox = createStoreInbox(createMemoryInboxStore());
    await expect(inbox[operation](target as never)).rejects.toThrow(new TypeError(WHAT_IS_ALLOWED));
  });

  test('refuses all entries that wait', async () => {
    const inbox = createStoreInbox(createMemoryInboxStore());
    await inbox.put(entryOf({}));
    await expect(inbox[operation]({ state: 'pending' } as never)).rejects.toThrow(
      new TypeError(
        'The target { state: "pending" } is refused: pending events were acknowledged and are not handled yet, so Showpad ' +
          'will not send them again. Name each one by its id.',
      ),
    );
    expect(await inbox.counts()).toMatchObject({ pending: 1 });
  });
});

/** A store with two entries that are done, and one that is dead. */
async function filledStore(keepBody: boolean): Promise<InboxStore> {
  const store = createMemoryInboxStore();
  const error = { code: 'EVENT_INVALID', message: 'It is no event.' };
  await store.put(entryOf({ id: 'dead', error }), { nowMs: 0 });
  for (const id of ['done', 'done too']) await store.put(entryOf({ id }), { nowMs: 0 });
  for (const { id, fence } of await store.claim({ limit: 2, leaseMs: 1, nowMs: 1, exceptIds: [] })) {
    await store.settle({ id, fence }, { state: 'done', nowMs: 1, keepBody });
  }
  return store;
}

describe('retry()', () => {
  test.each([
    [{ id: 'done' }, 'The event "done" is'],
    [{ state: 'done' }, 'These events are'],
  ] as const)('of %j rejects if the bodies are gone, and says how to keep them', async (target, what) => {
    const inbox = createStoreInbox(await filledStore(false));
    await expect(inbox.retry(target)).rejects.toThrow(
      new Error(
        `${what} done and the body was deleted then, so nothing can be retried. Set the option "keepDoneBodies" of the inbox ` +
          'to true if you want to retry events that will be done from now on.',
      ),
    );
    expect(await inbox.counts()).toEqual({ pending: 0, leased: 0, done: 2, dead: 1 });
  });

  test('rejects with an error in which the id is cut, and has no control character', () => {
    const { message } = bodyIsGone({ id: `\u009b2J\u202e"${'x'.repeat(999)}` });
    expect(message).toContain(`The event "\\u009b2J\\u202e\\"${'x'.repeat(27)}…" is done`);
  });

  test.each([
    [{ id: 'done' }, true, 1],
    [{ id: 'dead' }, false, 1],
    [{ id: 'never seen' }, false, 0],
    [{ state: 'done' }, true, 2],
    [{ state: 'dead' }, false, 1],
  ] as const)('of %j, with bodies: %j, retries %i', async (target, keepBody, count) => {
    const store = await filledStore(keepBody);
    const retry = vi.fn(store.retry);
    const inbox = createStoreInbox({ ...store, retry }, { clock: () => 7 });
    expect(await inbox.retry(target)).toBe(count);
    expect(await inbox.counts()).toMatchObject({ pending: count });
    expect(retry.mock.calls[0]?.[1].nowMs).toBe(7);
  });

  test('of all that is dead resolves to 0 if nothing is, whatever is done', async () => {
    const store = await filledStore(false);
    await store.discard({ state: 'dead' }, { limit: 1 });
    expect(await createStoreInbox(store).retry({ state: 'dead' })).toBe(0);
  });

  test('of an event that waits resolves to 0', async () => {
    const inbox = createStoreInbox(createMemoryInboxStore());
    await inbox.put(entryOf({}));
    expect(await inbox.retry({ id: 'event-1' })).toBe(0);
  });

  test('of what is done, some of it without its body, retries the rest', async () => {
    const store = await filledStore(false);
    await store.put(entryOf({ id: 'with body' }), { nowMs: 0 });
    for (const { id, fence } of await store.claim({ limit: 1, leaseMs: 1, nowMs: 1, exceptIds: [] })) {
      await store.settle({ id, fence }, { state: 'done', nowMs: 1, keepBody: true });
    }
    expect(await createStoreInbox(store).retry({ state: 'done' })).toBe(1);
  });

  test('asks for no more than one entry to see whether bodies are gone', async () => {
    const store = await filledStore(false);
    const list = vi.fn(store.list);
    await expect(createStoreInbox({ ...store, list }).retry({ state: 'done' })).rejects.toThrow();
    expect(list.mock.calls).toEqual([[{ state: 'done', limit: 1 }]]);
  });
});

test('the inbox hands to its store what it is asked for by hand', async () => {
  const store = await filledStore(true);
  const inbox = createStoreInbox(store);
  expect(await inbox.addDone('done', 'crm')).toBe(true);
  expect(await inbox.addDone('never seen', 'crm')).toBe(false);
  expect((await inbox.list({ id: 'done' })).items).toMatchObject([{ done: ['crm'] }]);
  const { items, next } = await inbox.list({ state: 'done', limit: 1 });
  expect(items).toHaveLength(1);
  expect((await inbox.list({ state: 'done', limit: 1, cursor: next })).next).toBe(undefined);
  expect((await inbox.list()).items).toMatchObject([{ id: 'dead' }]);
});
