import assert from 'node:assert/strict';
import type { ClaimedEntry, Holding, InboxStore, SettledOutcome } from '../inbox/store.ts';
import type { InboxEntry, InboxState, InboxTarget } from '../inbox/types.ts';
import type { MaybePromise } from '../shared/promise.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { HOSTILE_IDS } from './hostile-ids.ts';
import { first } from './inbox-subject.ts';
import { createMemoryInboxStore } from './memory-inbox.ts';

const NOW = 1_700_000_000_000;
const LEASE_MS = 30_000;
/** The time at which most entries are put. */
const AT = { nowMs: NOW };
/** What most claims pass. */
const ASK = { leaseMs: LEASE_MS, nowMs: NOW, exceptIds: [] };
const STATES: readonly InboxState[] = ['pending', 'leased', 'done', 'dead'];

/**
 * What an `InboxStore` must do, as cases that reject if it does not: hostile ids and bodies, fences, a race of
 * 100, and random sequences of calls that must give what the reference in memory gives. Needs `fast-check`.
 *
 * @param create makes an empty store; called often.
 *
 * @example
 * ```ts
 * import type { InboxStore } from '@showpad-webhooks/core/inbox';
 * import { inboxStoreConformance } from '@showpad-webhooks/core/testing';
 *
 * export async function check(createMyStore: () => InboxStore) {
 *   for (const { run } of inboxStoreConformance(createMyStore)) await run();
 * }
 * ```
 */
export function inboxStoreConformance(create: () => MaybePromise<InboxStore>): readonly ConformanceCase[] {
  const check = (name: string, body: (store: InboxStore) => Promise<void>): ConformanceCase => ({
    name,
    run: async () => {
      const store = await create();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    },
  });

  return [
    check('keeps hostile ids apart, and gives them back as they came', async (store) => {
      for (const id of HOSTILE_IDS) assert.equal(await store.put(entryOf({ id }), AT), 'stored');
      for (const id of HOSTILE_IDS) {
        assert.deepEqual(await store.put(entryOf({ id }), AT), { isConflict: false });
        assert.deepEqual(await store.put(entryOf({ id, bodyDigest: 7 }), AT), { isConflict: true });
      }
      const claimed = await store.claim({ ...ASK, limit: 100 });
      assert.deepEqual(
        claimed.map(({ id }) => id),
        HOSTILE_IDS,
      );
      for (const { id } of claimed) assert.equal(first((await store.list({ id })).items).id, id);
    }),

    check('gives bodies back byte for byte, with all that came with them', async (store) => {
      const nested = `${'['.repeat(8_000)}${']'.repeat(8_000)}`;
      const bodies = [
        new Uint8Array(0),
        Uint8Array.from({ length: 256 }, (_, byte) => byte),
        new TextEncoder().encode(nested),
        new Uint8Array(1_048_576).fill(0xff),
      ];
      for (const [index, body] of bodies.entries()) await store.put(entryOf({ id: `${index}`, body }), AT);
      const claimed = await store.claim({ ...ASK, limit: 100 });
      for (const [index, body] of bodies.entries()) {
        const { body: bytes, ...rest } = claimed[index] as ClaimedEntry;
        assert.ok(bytes instanceof Uint8Array && Buffer.compare(bytes, body) === 0, `body ${index}`);
        const { body: _body, ...entry } = entryOf({ id: `${index}` });
        assert.deepEqual(
          { ...rest, done: [...rest.done], failures: [...rest.failures], headers: { ...rest.headers } },
          { ...entry, attempt: 1, generation: 0, done: [], failures: [], fence: rest.fence },
        );
      }
    }),

    check('stores one of 100 that are put at once', async (store) => {
      const results = await Promise.all(Array.from({ length: 100 }, async () => store.put(entryOf({}), AT)));
      assert.equal(results.filter((result) => result === 'stored').length, 1);
      assert.deepEqual(await store.counts(), { pending: 1, leased: 0, done: 0, dead: 0 });
    }),

    check('leases each of 100 entries to one of those that claim at once', async (store) => {
      for (let index = 0; index < 100; index++) await store.put(entryOf({ id: `${index}` }), AT);
      const claims = Array.from({ length: 50 }, async () => store.claim({ ...ASK, limit: 3 }));
      const ids = (await Promise.all(claims)).flat().map(({ id }) => id);
      assert.equal(new Set(ids).size, 100);
      assert.equal(ids.length, 100);
    }),

    check(
      'claims what is due at the same time in the order it came, put or left by its holder',
      async (store) => {
        await store.put(entryOf({ id: 'left' }), AT);
        await store.claim({ ...ASK, limit: 1 });
        const nowMs = NOW + LEASE_MS;
        await store.put(entryOf({ id: 'put' }), { nowMs });
        const claimed = await store.claim({ ...ASK, limit: 2, nowMs });
        assert.deepEqual(
          claimed.map(({ id }) => id),
          ['left', 'put'],
        );
      },
    ),

    check('gives no fence of an id again, also after a retry or a discard', async (store) => {
      const fences: number[] = [];
      for (const leave of [
        async (claim: ClaimedEntry) => {
          await store.settle(claim, { state: 'done', nowMs: NOW, keepBody: true });
          await store.retry({ id: claim.id }, { nowMs: NOW, limit: 1 });
        },
        async (claim: ClaimedEntry) => {
          await store.settle(claim, { state: 'done', nowMs: NOW, keepBody: true });
          await store.discard({ id: claim.id }, { limit: 1 });
        },
        async () => {},
      ]) {
        await store.put(entryOf({}), AT);
        const [claim] = await store.claim({ ...ASK, limit: 1 });
        fences.push((claim as ClaimedEntry).fence);
        await leave(claim as ClaimedEntry);
      }
      assert.equal(new Set(fences).size, 3, `the fences are ${fences}`);
    }),

    check('keeps entries by the clock of the inbox, whatever the time of their arrival', async (store) => {
      await store.put(entryOf({ id: 'early', receivedAtMs: 0 }), { nowMs: NOW + 1 });
      await store.put(entryOf({ id: 'late', receivedAtMs: NOW * 2 }), AT);
      assert.equal(await store.nextDueMs({ exceptIds: [] }), NOW);
      assert.deepEqual(
        (await store.claim({ ...ASK, limit: 2, nowMs: NOW + 1 })).map(({ id }) => id),
        ['late', 'early'],
      );
    }),

    check('leaves out what the process that asks is handling', async (store) => {
      for (const id of ['a', 'b', 'c']) await store.put(entryOf({ id }), AT);
      await store.claim({ ...ASK, limit: 2 });
      const nowMs = NOW + LEASE_MS;
      const exceptIds = ['a', 'c', 'never-seen'];
      assert.equal(await store.nextDueMs({ exceptIds }), nowMs);
      assert.equal(await store.nextDueMs({ exceptIds: ['a', 'b', 'c'] }), undefined);
      const claimed = await store.claim({ ...ASK, limit: 3, nowMs, exceptIds });
      assert.deepEqual(
        claimed.map(({ id }) => id),
        ['b'],
      );
    }),

    check('deletes the body of a done entry, and then does not retry it', async (store) => {
      for (const id of ['kept', 'deleted']) await store.put(entryOf({ id }), AT);
      for (const claim of await store.claim({ ...ASK, limit: 2 })) {
        await store.settle(claim, { state: 'done', nowMs: NOW, keepBody: claim.id === 'kept' });
      }
      const kept = first((await store.list({ id: 'kept' })).items);
      const deleted = first((await store.list({ id: 'deleted' })).items);
      const { byteLength } = entryOf({}).body;
      assert.deepEqual([kept.hasBody, kept.body?.byteLength, kept.bodyBytes], [true, byteLength, byteLength]);
      assert.deepEqual([deleted.hasBody, deleted.body, deleted.bodyBytes], [false, undefined, byteLength]);
      assert.deepEqual(await store.put(entryOf({ id: 'deleted', bodyDigest: 7 }), AT), { isConflict: true });
      assert.equal(await store.retry({ id: 'deleted' }, { nowMs: NOW, limit: 1 }), 0);
      assert.equal(await store.retry({ state: 'done' }, { nowMs: NOW, limit: 1 }), 1);
      assert.deepEqual(await store.counts(), { pending: 1, leased: 0, done: 1, dead: 0 });
    }),

    {
      name: 'gives what the reference in memory gives, in random sequences of calls',
      run: () => compareWithReference(create),
    },
  ];
}

type Call = (subject: Subject) => Promise<unknown>;

/** A store, its clock, and the claims it has given. */
interface Subject {
  readonly store: InboxStore;
  readonly claims: Holding[];
  nowMs: number;
}

async function compareWithReference(create: () => MaybePromise<InboxStore>): Promise<void> {
  const { default: fc } = await import('fast-check');
  const store = await create();
  const canPutClaimed = store.putClaimed !== undefined;
  await store.close();
  const id = fc.constantFrom('a', 'b', 'c', 'a\0', 'A');
  const small = fc.nat(4);
  // The latest claims are those that are still held. An earlier one belongs to a late holder.
  const claimsAgo = fc.integer({ min: 1, max: 4 });
  const target = fc.oneof(
    id.map((each): InboxTarget => ({ id: each })),
    fc.constantFrom<'dead' | 'done'>('dead', 'done').map((state): InboxTarget => ({ state })),
  );
  const error = { code: 'HANDLER_FAILED', message: 'the CRM is down' };
  const failures = [
    { ...error, handlerName: 'crm', attempt: 1, generation: 0, startedAtMs: NOW, endedAtMs: NOW + 1 },
  ];
  const outcomes = (nowMs: number): readonly SettledOutcome[] => [
    { state: 'done', nowMs, keepBody: true },
    { state: 'done', nowMs, keepBody: false },
    { state: 'dead', nowMs, error, failures },
    { state: 'pending', nowMs, dueMs: nowMs + 5_000, error, failures: [] },
  ];
  const call: ReturnType<typeof fc.oneof<ReturnType<typeof fc.constant<Call>>[]>> = fc.oneof(
    fc.tuple(id, small).map(
      ([each, bodyDigest]): Call =>
        async ({ store, nowMs }) => {
          const isInvalid = bodyDigest === 0;
          return store.put(entryOf({ id: each, bodyDigest, error: isInvalid ? error : undefined }), {
            nowMs,
          });
        },
    ),
    fc.tuple(id, small).map(
      ([each, bodyDigest]): Call =>
        async ({ store, claims, nowMs }) => {
          const entry = entryOf({ id: each, bodyDigest });
          if (!canPutClaimed) return store.put(entry, { nowMs });
          const result = await store.putClaimed?.(entry, { nowMs, leaseMs: LEASE_MS });
          if (!result || 'isConflict' in result) return result;
          claims.push({ id: each, fence: result.fence });
          return 'claimed';
        },
    ),
    fc.tuple(small, fc.subarray(['a', 'b', 'A'])).map(
      ([limit, exceptIds]): Call =>
        async ({ store, claims, nowMs }) => {
          const claimed = await store.claim({ limit, leaseMs: LEASE_MS, nowMs, exceptIds });
          claims.push(...claimed);
          return claimed.map(({ fence: _fence, body: _body, ...rest }) => rest);
        },
    ),
    fc.tuple(claimsAgo, fc.option(id, { nil: undefined })).map(
      ([ago, handlerName]): Call =>
        async (subject) => {
          const claim = subject.claims.at(-ago);
          const update = { handlerName, leaseMs: LEASE_MS, nowMs: subject.nowMs };
          return claim && subject.store.checkpoint(claim, update);
        },
    ),
    fc.tuple(claimsAgo, fc.nat(3)).map(
      ([ago, how]): Call =>
        async ({ store, claims, nowMs }) => {
          const claim = claims.at(-ago);
          return claim && store.settle(claim, outcomes(nowMs)[how] as SettledOutcome);
        },
    ),
    fc.tuple(target, small).map(
      ([each, limit]): Call =>
        async ({ store, nowMs }) => {
          return store.retry(each, { nowMs, limit });
        },
    ),
    fc.tuple(target, small).map(
      ([each, limit]): Call =>
        async ({ store }) =>
          store.discard(each, { limit }),
    ),
    fc.tuple(id, id).map(
      ([each, handler]): Call =>
        async ({ store }) =>
          store.addDone(each, handler),
    ),
    id.map(
      (each): Call =>
        async ({ store, nowMs }) =>
          store.erase(each, { nowMs }),
    ),
    small.map(
      (limit): Call =>
        async ({ store, nowMs }) => {
          return store.purge({ state: 'done', beforeMs: nowMs - 5_000, limit });
        },
    ),
    fc.tuple(fc.constantFrom<'pending' | 'leased'>('pending', 'leased'), small).map(
      ([state, limit]): Call =>
        async ({ store, nowMs }) => {
          return store.bringForward({ state, afterMs: nowMs + 4_000, toMs: nowMs + 1, limit });
        },
    ),
    fc.constantFrom(0, 1, 4_999, 5_000, 29_999, 30_000).map(
      (ms): Call =>
        async (subject) => {
          subject.nowMs += ms;
        },
    ),
  );

  const property = fc.asyncProperty(fc.array(call, { maxLength: 40, size: 'max' }), async (calls) => {
    const reference: Subject = { store: createMemoryInboxStore(), claims: [], nowMs: NOW };
    const subject: Subject = { store: await create(), claims: [], nowMs: NOW };
    try {
      for (const each of calls) {
        assert.deepEqual(await each(subject), await each(reference));
        assert.deepEqual(await pictureOf(subject.store), await pictureOf(reference.store));
      }
      const fences = subject.claims.map(({ id, fence }) => `${id} ${fence}`);
      assert.equal(new Set(fences).size, fences.length, 'each claim of an entry has another fence');
    } finally {
      await subject.store.close();
    }
  });
  // The same sequences each time: a store that passes today passes tomorrow.
  await fc.assert(property, { seed: 20_260_115, numRuns: 100 });
}

/** All that can be seen of a store, page by page. */
async function pictureOf(store: InboxStore): Promise<unknown> {
  const items: unknown[] = [];
  for (const state of STATES) {
    let cursor: string | undefined;
    do {
      const page = await store.list({ state, limit: 2, cursor });
      items.push(
        ...page.items.map((item) => {
          // Each store names the place of an erased entry in its own way.
          const id = item.isErased ? 'erased' : item.id;
          return { ...item, id, done: [...item.done], headers: { ...item.headers } };
        }),
      );
      cursor = page.next;
    } while (cursor !== undefined && items.length < 100); // A store that ignores the cursor has no last page.
  }
  return {
    items,
    counts: { ...(await store.counts()) },
    nextDueMs: await store.nextDueMs({ exceptIds: ['b'] }),
  };
}

export function entryOf(overrides: Partial<InboxEntry>): InboxEntry {
  return {
    id: 'event-1',
    type: 'shared-space-user-added',
    body: new TextEncoder().encode('{"type":"shared-space-user-added","id":"event-1"}'),
    bodyDigest: 1234,
    method: 'POST',
    url: '/webhooks/showpad?a=b',
    headers: { 'content-type': 'application/json' },
    timestampSeconds: NOW / 1000,
    keyLabel: 'crm',
    receivedAtMs: NOW,
    error: undefined,
    ...overrides,
  };
}
