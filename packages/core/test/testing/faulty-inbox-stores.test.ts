import { AssertionError } from 'node:assert';
import type { ClaimedEntry, Holding, InboxItem, InboxStore } from '@showpad-webhooks/core/inbox';
import { inboxStoreConformance } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';
import {
  asText,
  changesLineBreaks,
  changing,
  cut,
  forgetsHandlers,
  neverDeletesBodies,
  noConflicts,
  putsInTwoSteps,
  runCase,
  type StoreFault,
  withIds,
} from './faults.ts';

/** Lists entries in another way, or not at all. */
function listing(change: (item: InboxItem) => InboxItem | undefined): StoreFault {
  return (good) => ({
    async list(query) {
      const page = await good.list(query);
      return { ...page, items: page.items.flatMap((item) => change(item) ?? []) };
    },
  });
}

/** Gives fences of its own for those of a good store. */
function countingFences(fenceOf: (claim: ClaimedEntry) => number): StoreFault {
  return (good) => {
    const fences = new Map<string, number>();
    const real = ({ id, fence }: Holding) => ({ id, fence: fences.get(`${id} ${fence}`) ?? 0 });
    return {
      async claim(request) {
        return (await good.claim(request)).map((each) => {
          const fence = fenceOf(each);
          fences.set(`${each.id} ${fence}`, each.fence);
          return { ...each, fence };
        });
      },
      putClaimed: undefined as never,
      checkpoint: (holding, update) => good.checkpoint(real(holding), update),
      settle: (holding, outcome) => good.settle(real(holding), outcome),
    };
  };
}

const withOneFence = countingFences(() => 1);

/** Takes the time of the first call for that of every call, as if the clock stood still. */
function withoutClock<At extends { readonly nowMs: number }>(): (at: At) => At {
  let firstMs: number | undefined;
  return (at) => {
    firstMs ??= at.nowMs;
    return { ...at, nowMs: firstMs };
  };
}

describe('inboxStoreConformance accepts a store that', () => {
  const accepted: readonly (readonly [string, StoreFault])[] = [
    ['has no putClaimed', () => ({ putClaimed: undefined as never })],
    [
      'names the place of an erased entry in its own way',
      listing((item) => (item.isErased ? { ...item, id: `gone:${item.id}` } : item)),
    ],
    [
      'lists objects of its own',
      listing((item) => ({ ...item, headers: Object.assign(Object.create(null), item.headers) })),
    ],
  ];

  test.each(accepted)('%s', async (_what, fault) => {
    const create = () => {
      const good = createMemoryInboxStore();
      return { ...good, ...fault(good) };
    };
    for (const { run } of inboxStoreConformance(create)) await run();
  });
});

describe('inboxStoreConformance notices a store that', () => {
  const HOSTILE = 'keeps hostile ids apart, and gives them back as they came';
  const BODIES = 'gives bodies back byte for byte, with all that came with them';
  const EXCEPT = 'leaves out what the process that asks is handling';
  const DONE = 'deletes the body of a done entry, and then does not retry it';
  const FENCES = 'gives no fence of an id again, also after a retry or a discard';
  const REFERENCE = 'gives what the reference in memory gives, in random sequences of calls';

  test.each<[string, StoreFault, string]>([
    ['compares ids without regard to case', withIds((id) => id.toLowerCase()), HOSTILE],
    ['trims ids', withIds((id) => id.trim()), HOSTILE],
    ['ends ids at a NUL', withIds((id) => id.split('\0', 1)[0] as string), HOSTILE],
    ['ends ids at a colon', withIds((id) => id.split(':', 1)[0] as string), HOSTILE],
    ['keeps ids as UTF-8', withIds((id) => Buffer.from(id).toString()), HOSTILE],
    ['replaces a high surrogate', withIds((id) => id.replace(/^[\uD800-\uDBFF]$/, '?')), HOSTILE],
    ['replaces a low surrogate', withIds((id) => id.replace(/^[\uDC00-\uDFFF]$/, '?')), HOSTILE],
    ['drops replacement characters', withIds((id) => id.replaceAll('\uFFFD', '')), HOSTILE],
    ['normalises ids', withIds((id) => id.normalize()), HOSTILE],
    ['cuts long ids', withIds((id) => id.slice(0, 999_999)), HOSTILE],
    [
      'keeps no characters of four bytes',
      withIds((id) => id.replace(/\p{Emoji_Presentation}/u, '?')),
      HOSTILE,
    ],
    ['drops quotes', withIds((id) => id.replaceAll("'", '')), HOSTILE],
    ['takes digits for a number', withIds((id) => (id === '1' ? '1.0' : id)), HOSTILE],
    [
      'has ids as properties of an object',
      (good) => ({ put: (entry, at) => (entry.id in {} ? { isConflict: false } : good.put(entry, at)) }),
      HOSTILE,
    ],
    [
      'has ids as properties of an object, and takes care of its prototype only',
      (good) => ({
        put: (entry, at) =>
          entry.id !== '__proto__' && entry.id in {} ? { isConflict: false } : good.put(entry, at),
      }),
      HOSTILE,
    ],
    [
      'compares ids without regard to case, and keeps them as they are',
      (good) => {
        const ids = new Map<string, string>();
        return {
          put(entry, at) {
            const known = ids.get(entry.id.toLowerCase()) ?? entry.id;
            ids.set(entry.id.toLowerCase(), known);
            return known === entry.id ? good.put(entry, at) : { isConflict: false };
          },
        };
      },
      HOSTILE,
    ],
    [
      'sets the prototype of an object',
      (good) => ({ put: (entry, at) => (entry.id === '__proto__' ? 'stored' : good.put(entry, at)) }),
      HOSTILE,
    ],
    [
      'takes an id for a pattern',
      (good) => ({ list: (query) => good.list(query.id === '*' ? { state: 'leased' } : query) }),
      HOSTILE,
    ],
    [
      'does not find what it has by its id',
      (good) => ({ list: ({ id: _, ...query }) => good.list({ ...query, id: '' }) }),
      HOSTILE,
    ],
    ['does not notice another body', noConflicts, HOSTILE],
    ['keeps bodies as text', asText, BODIES],
    [
      'cuts large bodies',
      changing((entry) => ({ ...entry, body: entry.body.subarray(0, 1_000_000) })),
      BODIES,
    ],
    [
      'keeps no empty body',
      changing((entry) => ({ ...entry, body: Buffer.from(entry.body.length ? entry.body : '-') })),
      BODIES,
    ],
    [
      'ends bodies at a NUL',
      changing((entry) => ({ ...entry, body: entry.body.subarray(0, entry.body.indexOf(0) >>> 0) })),
      BODIES,
    ],
    ['changes line breaks', changesLineBreaks, BODIES],
    ...[{ done: ['crm'] }, { failures: [{} as never] }, { generation: 1 }, { attempt: 2 }].map(
      (change): [string, StoreFault, string] => [
        `says of a new entry that it has ${Object.keys(change)}`,
        (good) => ({
          claim: async (request) => (await good.claim(request)).map((each) => ({ ...each, ...change })),
        }),
        BODIES,
      ],
    ),
    [
      'loses bodies that are nested deeply',
      changing((entry) => {
        const isNested = Buffer.from(entry.body).includes('['.repeat(8_000));
        return isNested ? { ...entry, body: Buffer.from('{}') } : entry;
      }),
      BODIES,
    ],
    ...(['type', 'method', 'url', 'keyLabel'] as const).map((field): [string, StoreFault, string] => [
      `cuts the ${field}`,
      changing((entry) => ({ ...entry, [field]: entry[field]?.slice(0, 2) })),
      BODIES,
    ]),
    ['cuts headers', changing((entry) => ({ ...entry, headers: cut(entry.headers) })), BODIES],
    ['forgets the key', changing((entry) => ({ ...entry, keyLabel: undefined })), BODIES],
    ['forgets the headers', changing((entry) => ({ ...entry, headers: {} })), BODIES],
    [
      'gives an ArrayBuffer for bytes',
      (good) => ({
        claim: async (request) =>
          (await good.claim(request)).map((each) => ({ ...each, body: each.body.buffer as never })),
      }),
      BODIES,
    ],
    ['puts in two steps', putsInTwoSteps, 'stores one of 100 that are put at once'],
    [
      'gives entries to two that claim at once',
      (good) => {
        let given: ReturnType<InboxStore['claim']>;
        return { claim: (request) => (given ??= good.claim(request)) };
      },
      'leases each of 100 entries to one of those that claim at once',
    ],
    [
      'claims the newest first',
      (good) => ({ claim: async (request) => (await good.claim(request)).toReversed() }),
      'claims what is due at the same time in the order it came, put or left by its holder',
    ],
    [
      'claims what its holder left after all that waits',
      (good) => ({
        async claim(request) {
          const { items } = await good.list({ state: 'leased', limit: 100 });
          const exceptIds = [...request.exceptIds, ...items.map(({ id }) => id)];
          const waiting = await good.claim({ ...request, exceptIds });
          return [...waiting, ...(await good.claim({ ...request, limit: request.limit - waiting.length }))];
        },
      }),
      'claims what is due at the same time in the order it came, put or left by its holder',
    ],
    [
      'keeps what will only arrive until it does',
      (good) => ({
        put: (entry, at) => good.put(entry, { nowMs: Math.max(at.nowMs, entry.receivedAtMs) }),
      }),
      'keeps entries by the clock of the inbox, whatever the time of their arrival',
    ],
    [
      'keeps entries by the time of their arrival',
      (good) => ({ put: (entry) => good.put(entry, { nowMs: entry.receivedAtMs }) }),
      'keeps entries by the clock of the inbox, whatever the time of their arrival',
    ],
    [
      'claims what the process is handling',
      (good) => ({ claim: (request) => good.claim({ ...request, exceptIds: [] }) }),
      EXCEPT,
    ],
    [
      'is due for what the process is handling',
      (good) => ({ nextDueMs: () => good.nextDueMs({ exceptIds: [] }) }),
      EXCEPT,
    ],
    ['keeps the bodies of what is done', neverDeletesBodies, DONE],
    [
      'deletes every body',
      (good) => ({
        settle: (holding, outcome) => good.settle(holding, { ...outcome, keepBody: false } as never),
      }),
      DONE,
    ],
    [
      'does not know how large a body is',
      listing((item) => ({ ...item, bodyBytes: 0, body: item.body && Buffer.alloc(0) })),
      DONE,
    ],
    [
      'retries what has no body',
      (good) => ({
        retry: async (target, request) =>
          'id' in target ? (await good.list(target)).items.length : good.retry(target, request),
      }),
      DONE,
    ],
    [
      'forgets the digest of a body that is gone',
      (good) => ({
        async put(entry, at) {
          const [kept] = (await good.list({ id: entry.id })).items;
          return kept && !kept.hasBody ? { isConflict: false } : good.put(entry, at);
        },
      }),
      DONE,
    ],
    [
      'takes the time of the first event for that of each that is put',
      (good) => {
        const firstTime = withoutClock<{ nowMs: number }>();
        return { put: (entry, at) => good.put(entry, entry.error ? at : firstTime(at)) };
      },
      REFERENCE,
    ],
    [
      'takes the time of the first event for that of each that is put and claimed',
      (good) => {
        const firstTime = withoutClock<{ nowMs: number; leaseMs: number }>();
        return { putClaimed: (entry, at) => good.putClaimed?.(entry, firstTime(at)) as never };
      },
      REFERENCE,
    ],
    [
      'takes the time of the first erasure for that of each',
      (good) => {
        const firstTime = withoutClock<{ nowMs: number }>();
        return { erase: (id, at) => good.erase(id, firstTime(at)) };
      },
      REFERENCE,
    ],
    [
      'does not notice another body of what it would claim at once',
      (good) => ({
        async putClaimed(entry, at) {
          const result = await good.putClaimed?.(entry, at);
          return result && 'isConflict' in result ? { isConflict: false } : (result as never);
        },
      }),
      REFERENCE,
    ],
    [
      'claims an entry without the handlers that are done',
      (good) => ({
        claim: async (request) => (await good.claim(request)).map((each) => ({ ...each, done: [] })),
      }),
      REFERENCE,
    ],
    [
      'tries what failed again at once',
      (good) => ({
        settle: (holding, outcome) =>
          good.settle(holding, outcome.state === 'pending' ? { ...outcome, dueMs: outcome.nowMs } : outcome),
      }),
      REFERENCE,
    ],
    [
      'cuts the texts of errors',
      (good) => ({
        settle: (holding, outcome) =>
          good.settle(
            holding,
            outcome.state === 'done' ? outcome : { ...outcome, error: cut(outcome.error) },
          ),
      }),
      REFERENCE,
    ],
    [
      'cuts the texts of failures',
      (good) => ({
        settle: (holding, outcome) =>
          good.settle(
            holding,
            outcome.state === 'done' ? outcome : { ...outcome, failures: outcome.failures.map(cut) },
          ),
      }),
      REFERENCE,
    ],
    [
      'retries nothing by its id',
      (good) => ({ retry: (target, request) => ('id' in target ? 0 : good.retry(target, request)) }),
      REFERENCE,
    ],
    ...(['pending', 'leased'] as const).map((state): [string, StoreFault, string] => [
      `brings nothing forward that is ${state}`,
      (good) => ({ bringForward: (request) => (request.state === state ? 0 : good.bringForward(request)) }),
      REFERENCE,
    ]),
    ['takes what is invalid for an event', changing((entry) => ({ ...entry, error: undefined })), REFERENCE],
    [
      'claims a known entry again',
      (good) => ({
        putClaimed: async (entry, at) => ({ fence: 1, ...(await good.putClaimed?.(entry, at)) }),
      }),
      REFERENCE,
    ],
    [
      'does not limit what it claims',
      (good) => ({ claim: (request) => good.claim({ ...request, limit: 100 }) }),
      REFERENCE,
    ],
    ['counts fences for each attempt at an entry', countingFences(({ attempt }) => attempt), FENCES],
    ['forgets which handlers are done', forgetsHandlers, REFERENCE],
    ['does not notice another body of an entry in any state', noConflicts, REFERENCE],
    ['keeps the bodies of what is done, in any order of calls', neverDeletesBodies, REFERENCE],
    [
      'deletes every body, in any order of calls',
      (good) => ({
        settle: (holding, outcome) => good.settle(holding, { ...outcome, keepBody: false } as never),
      }),
      REFERENCE,
    ],
    [
      'claims what the process is handling, in any order of calls',
      (good) => ({ claim: (request) => good.claim({ ...request, exceptIds: [] }) }),
      REFERENCE,
    ],
    [
      'is due for what the process is handling, in any order of calls',
      (good) => ({ nextDueMs: () => good.nextDueMs({ exceptIds: [] }) }),
      REFERENCE,
    ],
    [
      'keeps no failed attempts',
      (good) => ({
        settle: (holding, outcome) => good.settle(holding, { ...outcome, failures: [] } as never),
      }),
      REFERENCE,
    ],
    ...[{ done: [] }, { headers: {} }, { error: undefined }, { failures: [] }, { attempt: 1 }].map(
      (change): [string, StoreFault, string] => [
        `lists the same ${Object.keys(change)} for every entry`,
        listing((item) => ({ ...item, ...change })),
        REFERENCE,
      ],
    ),
    ['lists ids in lower case', listing((item) => ({ ...item, id: item.id.toLowerCase() })), REFERENCE],
    ...(['pending', 'leased', 'done', 'dead'] as const).map((state): [string, StoreFault, string] => [
      `lists no entries that are ${state}`,
      listing((item) => (item.state === state ? undefined : item)),
      REFERENCE,
    ]),
    ['renews no lease', () => ({ checkpoint: () => true }), REFERENCE],
    [
      'keeps no error',
      (good) => ({
        settle: (holding, outcome) => good.settle(holding, { ...outcome, error: undefined } as never),
      }),
      REFERENCE,
    ],
    [
      'retries all at once',
      (good) => ({ retry: (target, request) => good.retry(target, { ...request, limit: 100 }) }),
      REFERENCE,
    ],
    [
      'retries at a wrong time',
      (good) => ({ retry: (target, request) => good.retry(target, { ...request, nowMs: 0 }) }),
      REFERENCE,
    ],
    [
      'discards all at once',
      (good) => ({ discard: (target) => good.discard(target, { limit: 100 }) }),
      REFERENCE,
    ],
    ['discards nothing', () => ({ discard: () => 1 }), REFERENCE],
    ['notes no handler', () => ({ addDone: () => false }), REFERENCE],
    ['erases nothing', () => ({ erase: () => undefined }), REFERENCE],
    [
      'purges what is not old enough',
      (good) => ({ purge: (request) => good.purge({ ...request, beforeMs: request.beforeMs + 20_000 }) }),
      REFERENCE,
    ],
    [
      'brings everything forward',
      (good) => ({ bringForward: (request) => good.bringForward({ ...request, afterMs: 0 }) }),
      REFERENCE,
    ],
    ['brings nothing forward', () => ({ bringForward: () => 0 }), REFERENCE],
    [
      'counts no dead entries',
      (good) => ({ counts: async () => ({ ...(await good.counts()), dead: 0 }) }),
      REFERENCE,
    ],
    [
      'has only first pages',
      (good) => ({ list: async (query) => ({ ...(await good.list(query)), next: undefined }) }),
      REFERENCE,
    ],
    [
      'begins each page with the first entry',
      (good) => ({ list: ({ cursor: _, ...query }) => good.list(query) }),
      REFERENCE,
    ],
    ['is never due', () => ({ nextDueMs: () => undefined }), REFERENCE],
  ])('%s', async (_what, fault, name) => {
    const create = () => {
      const good = createMemoryInboxStore();
      return { ...good, ...fault(good) };
    };
    // A case says what it found, and does not stumble over it.
    const expected = name === REFERENCE ? 'Property failed after' : AssertionError;
    await expect(runCase(inboxStoreConformance(create), name)).rejects.toThrow(expected);
  });

  test.each<[string, StoreFault, string, RegExp]>([
    ['keeps bodies as text', asText, BODIES, /^body 1$/],
    [
      'lists nothing that has an id',
      (good) => ({ list: (query) => good.list(query.id === undefined ? query : { id: '' }) }),
      HOSTILE,
      /^the list is empty/,
    ],
    ['has one fence for all', withOneFence, FENCES, /^the fences are 1,1,1/],
    [
      'has one fence for all, in any order of calls',
      withOneFence,
      REFERENCE,
      /each claim of an entry has another fence/,
    ],
  ])('%s: the case says so', async (_what, fault, name, message) => {
    const create = () => {
      const good = createMemoryInboxStore();
      return { ...good, ...fault(good) };
    };
    const error = await runCase(inboxStoreConformance(create), name).catch((thrown: unknown) => thrown);
    expect(`${(error as Error).cause ?? (error as Error).message}`).toMatch(message);
  });

  test('leaves no store open, whatever it finds', async () => {
    for (const fault of [() => ({}), neverDeletesBodies]) {
      let open = 0;
      const create = () => {
        open++;
        const good = createMemoryInboxStore();
        return { ...good, ...fault(good), close: () => void open-- };
      };
      for (const { run } of inboxStoreConformance(create)) await run().catch(() => {});
      expect(open).toBe(0);
    }
  });
});
