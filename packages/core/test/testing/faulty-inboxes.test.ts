import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Inbox } from '@showpad-webhooks/core';
import type { InboxConsumer, InboxItem, InboxState, InboxStore } from '@showpad-webhooks/core/inbox';
import { inboxConformance } from '@showpad-webhooks/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  asText,
  changesLineBreaks,
  changing,
  consuming,
  cut,
  forgetsHandlers,
  type InboxFault,
  inboxesOn,
  neverDeletesBodies,
  noConflicts,
  putsInTwoSteps,
  runCase,
  type StoreFault,
  takesTheLatestFirst,
  withIds,
} from './faults.ts';

type Row = [what: string, fault: StoreFault | undefined, inboxFault: InboxFault | undefined, name: string];

describe('inboxConformance notices an inbox that', () => {
  const BODIES = 'hands over what was stored, byte for byte';
  const DUPLICATE = 'knows a duplicate in every state, and another body under the same id';
  const AGAIN = 'tries again what failed, counting, and keeping which handlers are done';
  const BACKOFF = 'waits as long as the backoff says';
  const GIVE_UP = 'gives an entry up after the last attempt, and says so once';
  const BY_HAND = 'retries the dead by hand, without the handlers that are done';
  const TIMES = 'keeps what went wrong in each attempt, also after a retry by hand';
  const TWENTY = 'keeps the latest 20 failed attempts, and no long texts';
  const DELETES = 'deletes the body of what is done, and refuses to retry it without its body';
  const TARGETS = 'refuses to retry or discard everything that waits, or something that is no target';
  const MISSPELT = 'refuses a misspelt option';
  const ADD_DONE = 'notes that a handler is done for what is done or dead, and for nothing else';
  const DISCARDS = 'discards: the event is new when it comes again';
  const ERASES = 'erases what is meant in every state, and knows its events if they come again';
  const LAG = 'tells how far behind it is';

  test.each<Row>([
    ['keeps bodies as text', asText, undefined, BODIES],
    [
      'ends bodies at a NUL',
      changing((entry) => ({ ...entry, body: entry.body.subarray(0, entry.body.indexOf(0) >>> 0) })),
      undefined,
      BODIES,
    ],
    ['changes line breaks', changesLineBreaks, undefined, BODIES],
    [
      'cuts large bodies',
      changing((entry) => ({ ...entry, body: entry.body.subarray(0, 1_000_000) })),
      undefined,
      BODIES,
    ],
    [
      'loses bodies that are nested deeply',
      changing((entry) => {
        const isNested = Buffer.from(entry.body).includes('['.repeat(8_000));
        return isNested ? { ...entry, body: Buffer.from('{}') } : entry;
      }),
      undefined,
      BODIES,
    ],
    [
      'has another attempt for the first one',
      undefined,
      consuming((to) => ({ process: (job) => to.process({ ...job, attempt: job.attempt + 1 }) })),
      BODIES,
    ],
    ['forgets the headers', changing((entry) => ({ ...entry, headers: {} })), undefined, BODIES],
    [
      'takes similar ids for the same',
      withIds((id) => id.toLowerCase()),
      undefined,
      'takes hostile ids for what they are',
    ],
    [
      'stores what it has already',
      undefined,
      (good) => ({
        async put(entry) {
          await good.put(entry);
          return 'stored' as const;
        },
      }),
      'takes hostile ids for what they are',
    ],
    ['does not notice another body', noConflicts, undefined, DUPLICATE],
    ...(['leased', 'dead'] as const).flatMap((state): Row[] => [
      [
        `takes another body for the same if an event is ${state}`,
        undefined,
        inState(state, () => ({ isConflict: false })),
        DUPLICATE,
      ],
      [`takes a duplicate of what is ${state} for new`, undefined, inState(state, () => 'stored'), DUPLICATE],
    ]),
    ['puts in two steps', putsInTwoSteps, undefined, 'stores and handles one of 100 that are put at once'],
    [
      'runs handlers in the AsyncLocalStorage of the request',
      undefined,
      (good) => {
        const contexts = new Map<string, ReturnType<typeof AsyncLocalStorage.snapshot>>();
        return {
          put(entry) {
            contexts.set(entry.id, AsyncLocalStorage.snapshot());
            return good.put(entry);
          },
          start: (to) =>
            good.start({
              ...to,
              process: async (job) => contexts.get(job.id)?.(() => to.process(job)),
            }),
        };
      },
      'runs handlers outside the AsyncLocalStorage of the request that stored the event',
    ],
    ['forgets which handlers are done', forgetsHandlers, undefined, AGAIN],
    [
      'forgets what went wrong',
      (good) => ({ list: async (query) => withItems(await good.list(query), { error: undefined }) }),
      undefined,
      BACKOFF,
    ],
    [
      'is late because of what is not due yet',
      undefined,
      (good) => ({ health: async () => ({ ...(await good.health()), lagMs: 1 }) }),
      BACKOFF,
    ],
    [
      'waits for three hours',
      (good) => ({
        settle: (holding, outcome) =>
          good.settle(
            holding,
            outcome.state === 'pending' ? { ...outcome, dueMs: outcome.dueMs + 7_200_000 } : outcome,
          ),
      }),
      undefined,
      BACKOFF,
    ],
    [
      'says twice that an entry is dead',
      undefined,
      consuming((to) => ({
        onDead(...args) {
          to.onDead(...args);
          to.onDead(...args);
        },
      })),
      GIVE_UP,
    ],
    [
      'keeps no event without a URL',
      undefined,
      (good) => ({
        async put(entry) {
          if (entry.url === undefined) throw new TypeError('The URL is missing.');
          return good.put(entry);
        },
      }),
      GIVE_UP,
    ],
    [
      'loses the bodies of the dead',
      (good) => ({
        list: async (query) => withItems(await good.list(query), query.id ? { body: Buffer.from('{}') } : {}),
      }),
      undefined,
      GIVE_UP,
    ],
    ...(['state', 'attempt', 'generation', 'bodyBytes', 'hasBody', 'error'] as const).map(
      (field): Row => [
        `lists no ${field}`,
        (good) => ({ list: async (query) => withItems(await good.list(query), { [field]: undefined }) }),
        undefined,
        GIVE_UP,
      ],
    ),
    [
      'lists bodies',
      (good) => ({ list: async (query) => withItems(await good.list(query), { body: Buffer.from('{}') }) }),
      undefined,
      GIVE_UP,
    ],
    [
      'does not give up at once',
      undefined,
      consuming((to) => ({
        async process(job) {
          const failure = await to.process(job);
          return failure && { ...failure, isFinal: false };
        },
      })),
      'gives up at once what is refused for good',
    ],
    [
      'says that what is no event is dead',
      undefined,
      saysThatNoEventIsDead,
      'keeps what is no event as dead, and never hands it over',
    ],
    [
      'keeps nothing that has no type',
      undefined,
      (good) => ({
        async put(entry) {
          if (entry.type === '') throw new TypeError('The type is missing.');
          return good.put(entry);
        },
      }),
      'keeps what is no event as dead, and never hands it over',
    ],
    [
      'forgets why something is no event',
      (good) => ({ list: async (query) => withItems(await good.list(query), { error: undefined }) }),
      undefined,
      'keeps what is no event as dead, and never hands it over',
    ],
    [
      'cuts the texts of why something is no event',
      changing((entry) => ({ ...entry, error: entry.error && cut(entry.error) })),
      undefined,
      'keeps what is no event as dead, and never hands it over',
    ],
    ['forgets which handlers of the dead are done', forgetsHandlers, undefined, BY_HAND],
    [
      'does not count retries by hand',
      (good) => ({ list: async (query) => withItems(await good.list(query), { generation: 0 }) }),
      undefined,
      BY_HAND,
    ],
    [
      'says that it retried nothing',
      undefined,
      (good) => ({ retry: async (target) => (await good.retry(target)) && 0 }),
      BY_HAND,
    ],
    [
      'forgets what went wrong at last',
      (good) => ({ list: async (query) => withItems(await good.list(query), { error: undefined }) }),
      undefined,
      TIMES,
    ],
    [
      'says when failures ended by another clock',
      changingFailures((each) => ({ ...each, endedAtMs: performance.now() })),
      undefined,
      TIMES,
    ],
    [
      'takes the times of failures by another clock',
      changingFailures((each) => ({ ...each, startedAtMs: performance.now(), endedAtMs: performance.now() })),
      undefined,
      TIMES,
    ],
    [
      'says that the latest failure is yet to come',
      changingFailures((each, isLast) =>
        isLast ? { ...each, endedAtMs: each.endedAtMs + 3_600_000 } : each,
      ),
      undefined,
      TIMES,
    ],
    ...(['generation', 'attempt', 'code', 'message', 'handlerName'] as const).map(
      (field): Row => [
        `forgets the ${field} of a failure`,
        changingFailures((each) => ({ ...each, [field]: undefined })),
        undefined,
        TIMES,
      ],
    ),
    [
      'forgets whose error was the latest',
      (good) => ({
        async list(query) {
          const page = await good.list(query);
          const items = page.items.map((item) => ({
            ...item,
            error: item.error && { ...item.error, handlerName: 'crm' },
          }));
          return { ...page, items };
        },
      }),
      undefined,
      TIMES,
    ],
    [
      'does not wait for as long as a handler asks',
      undefined,
      consuming((to) => ({
        async process(job) {
          const failure = await to.process(job);
          return failure && { ...failure, retryAfterMs: 0 };
        },
      })),
      'waits as long as a handler asks for',
    ],
    [
      'keeps the first of the failed attempts',
      (good) => {
        const kept = new Map<string, never[]>();
        return {
          settle(holding, outcome) {
            if (outcome.state === 'done') return good.settle(holding, outcome);
            const failures = [...(kept.get(holding.id) ?? []), outcome.failures.at(-1) as never];
            kept.set(holding.id, failures);
            return good.settle(holding, { ...outcome, failures: failures.slice(0, 20) });
          },
        };
      },
      undefined,
      TWENTY,
    ],
    [
      'keeps long texts',
      (good) => ({
        settle: (holding, outcome) =>
          good.settle(holding, {
            ...outcome,
            ...(outcome.state !== 'done' && {
              failures: outcome.failures.map((each) => ({
                ...each,
                message: each.message.padEnd(1_000, each.message),
              })),
            }),
          } as typeof outcome),
      }),
      undefined,
      TWENTY,
    ],
    [
      'says nothing if a body is gone',
      undefined,
      (good) => ({ retry: (target) => good.retry(target).catch(() => 0) }),
      DELETES,
    ],
    [
      'forgets what is done',
      undefined,
      (good) => ({
        async put(entry) {
          const [kept] = (await good.list({ id: entry.id })).items;
          if (kept?.state === 'done') await good.discard({ id: entry.id });
          return good.put(entry);
        },
      }),
      DELETES,
    ],
    ['discards everything', undefined, () => ({ discard: async () => 1 }), TARGETS],
    ['retries everything', undefined, () => ({ retry: async () => 1 }), TARGETS],
    ['discards nothing that waits', () => ({ discard: () => 0 }), undefined, TARGETS],
    ...[
      { state: 'pending' },
      { state: 'leased' },
      {},
      { id: 1 },
      { state: 'dead', eventId: 'event-1' },
      undefined,
    ].flatMap((target): Row[] => {
      const isMeant = (given: unknown) => JSON.stringify(given) === JSON.stringify(target);
      const text = JSON.stringify(target);
      return [
        [
          `discards ${text}`,
          undefined,
          (good) => ({ discard: async (given) => (isMeant(given) ? 1 : good.discard(given)) }),
          TARGETS,
        ],
        [
          `retries ${text}`,
          undefined,
          (good) => ({ retry: async (given) => (isMeant(given) ? 1 : good.retry(given)) }),
          TARGETS,
        ],
      ];
    }),
    [
      'discards what it refuses',
      undefined,
      (good) => ({
        async discard(target) {
          if (target && 'state' in target) await good.discard({ id: 'event-1' });
          return good.discard(target);
        },
      }),
      TARGETS,
    ],
    [
      'takes any query',
      undefined,
      (good) => ({ list: ({ id } = {}) => good.list(id ? { id } : {}) }),
      MISSPELT,
    ],
    [
      'erases with any option',
      undefined,
      (good) => ({ erase: (predicate) => good.erase(predicate) }),
      MISSPELT,
    ],
    [
      'erases before it refuses an option',
      undefined,
      (good) => ({
        async erase(predicate, options) {
          await good.erase(predicate);
          return good.erase(predicate, options);
        },
      }),
      MISSPELT,
    ],
    ['says that it noted no handler', () => ({ addDone: () => false }), undefined, ADD_DONE],
    ['notes no handler', () => ({ addDone: () => true }), undefined, ADD_DONE],
    [
      'notes a handler for an event that it does not know',
      undefined,
      (good) => ({ addDone: async (...args) => (await good.addDone(...args)) || true }),
      ADD_DONE,
    ],
    [
      'notes a handler for what waits',
      () => ({ addDone: () => true }),
      undefined,
      'does not note that a handler is done for what waits',
    ],
    [
      'notes a handler for each event that it has, also for what waits',
      (good) => ({ addDone: async (id) => (await good.list({ id })).items.length > 0 }),
      undefined,
      'does not note that a handler is done for what waits',
    ],
    [
      'notes a handler for what waits, although it says that it does not',
      (good) => ({ list: async (query) => withItems(await good.list(query), { done: ['crm'] }) }),
      undefined,
      'does not note that a handler is done for what waits',
    ],
    ...[{ done: ['crm'] }, { attempt: 2 }].map(
      (change): Row => [
        `says of a done entry that is retried that it has ${Object.keys(change)}`,
        undefined,
        (good) => {
          let count = 0;
          return {
            start: (to) =>
              good.start({
                ...to,
                process: (job) => to.process(++count === 1 ? job : { ...job, ...change }),
              }),
          };
        },
        'retries what is done by hand, with all its handlers, if it keeps the bodies',
      ],
    ),
    [
      'remembers which handlers of a done entry are done',
      undefined,
      remembersHandlers,
      'retries what is done by hand, with all its handlers, if it keeps the bodies',
    ],
    [
      'remembers what is discarded',
      (good) => {
        const discarded = new Set<string>();
        return {
          discard(target, request) {
            if ('id' in target) discarded.add(target.id);
            return good.discard(target, request);
          },
          put: (entry, at) => (discarded.has(entry.id) ? { isConflict: false } : good.put(entry, at)),
          putClaimed: undefined as never,
        };
      },
      undefined,
      DISCARDS,
    ],
    [
      'counts what it discards twice',
      undefined,
      (good) => {
        const gone = new Set<string>();
        return {
          async discard(target) {
            const count = await good.discard(target);
            if (!('id' in target)) return count;
            const wasGone = gone.has(target.id);
            gone.add(target.id);
            return wasGone ? 1 : count;
          },
        };
      },
      DISCARDS,
    ],
    [
      'does not say what it erases',
      undefined,
      (good) => ({ erase: async (...args) => ({ ...(await good.erase(...args)), dead: 0 }) }),
      ERASES,
    ],
    ['does not find what is erased by its listed id', notFoundByListedId, undefined, ERASES],
    [
      'does not find what is erased by the id of its event',
      (good) => ({
        async list(query) {
          const page = await good.list(query);
          const isOther = query.id !== undefined && page.items[0]?.id !== query.id;
          return isOther ? { items: [], next: undefined } : page;
        },
      }),
      undefined,
      ERASES,
    ],
    [
      'takes what is erased for new when it comes again',
      (good) => ({
        async put(entry, at) {
          const [kept] = (await good.list({ id: entry.id })).items;
          return kept?.isErased ? 'stored' : good.put(entry, at);
        },
        putClaimed: undefined as never,
      }),
      undefined,
      ERASES,
    ],
    [
      'retries what is erased',
      undefined,
      (good) => ({
        async retry(target) {
          const [kept] = 'id' in target ? (await good.list(target)).items : [];
          return kept?.isErased ? 1 : good.retry(target);
        },
      }),
      ERASES,
    ],
    ...(['headers', 'url', 'keyLabel'] as const).map(
      (field): Row => [
        `keeps the ${field} of what it erases`,
        (good) => {
          let ofJane: object = {};
          return {
            put(entry, at) {
              if (entry.id.includes('jane')) ofJane = { [field]: entry[field] };
              return good.put(entry, at);
            },
            list: async (query) => withLastErased(await good.list(query), ofJane),
            putClaimed: undefined as never,
          };
        },
        undefined,
        ERASES,
      ],
    ),
    ...[
      { type: '' },
      { hasBody: true },
      { error: { code: 'HANDLER_FAILED', message: 'It failed.' } },
      { failures: [{} as never] },
    ].map(
      (change): Row => [
        `has another ${Object.keys(change)} in one of the entries that it erased`,
        (good) => ({ list: async (query) => withLastErased(await good.list(query), change) }),
        undefined,
        ERASES,
      ],
    ),
    [
      'passes over a predicate that throws',
      undefined,
      (good) => ({ erase: (...args) => good.erase(...args).catch(() => ({}) as never) }),
      'erases what was never handled, and then does not handle it',
    ],
    [
      'purges the dead with the rest',
      (good) => ({ purge: (request) => good.purge({ ...request, beforeMs: Number.POSITIVE_INFINITY }) }),
      undefined,
      'purges what was kept long enough',
    ],
    [
      'lists an entry on two pages',
      (good) => ({
        list: ({ cursor, ...query }) =>
          good.list({ ...query, ...(cursor && { cursor: `${Number(cursor) - 1}` }) }),
      }),
      undefined,
      'lists page by page, and each entry once',
    ],
    [
      'begins each page with the first entry',
      (good) => ({ list: ({ cursor: _, ...query }) => good.list(query) }),
      undefined,
      'lists page by page, and each entry once',
    ],
    [
      'is never reachable',
      undefined,
      (good) => ({ health: async () => ({ ...(await good.health()), isReachable: false }) }),
      LAG,
    ],
    [
      'is not writable',
      undefined,
      (good) => ({ health: async () => ({ ...(await good.health()), isWritable: false }) }),
      LAG,
    ],
    [
      'is always late',
      undefined,
      (good) => ({ health: async () => ({ ...(await good.health()), lagMs: 9e9 }) }),
      LAG,
    ],
    [
      'says much too large a lag',
      undefined,
      (good) => ({
        async health() {
          const { lagMs, ...rest } = await good.health();
          return { ...rest, lagMs: lagMs * 1e6 };
        },
      }),
      LAG,
    ],
    [
      'is as late as the entry that came last',
      (good) => ({
        async nextDueMs() {
          const [last] = (await good.list({ state: 'pending' })).items;
          return last?.dueAtMs;
        },
      }),
      undefined,
      LAG,
    ],
    [
      'takes the latest first',
      takesTheLatestFirst,
      undefined,
      'keeps the order of arrival with a concurrency of 1',
    ],
    [
      'runs more at once than its concurrency',
      (good) => ({ claim: (request) => good.claim({ ...request, limit: request.limit + 1 }) }),
      undefined,
      'runs no more at once than its concurrency',
    ],
    [
      'runs one at a time',
      (good) => {
        let isTaken = false;
        return {
          claim(request) {
            if (isTaken) return [];
            isTaken = true;
            return good.claim({ ...request, limit: 1 });
          },
          settle(...args) {
            isTaken = false;
            return good.settle(...args);
          },
        };
      },
      undefined,
      'runs no more at once than its concurrency',
    ],
    // Whichever of the two gets the entry.
    ...[0, 1].map(
      (which): Row => [
        `renews no lease and takes what a late holder says, if number ${which} of two starts late`,
        (good) => ({
          checkpoint: () => true,
          async settle({ id }, outcome) {
            for (let fence = 1; fence < 100; fence++)
              if (await good.settle({ id, fence }, outcome)) return true;
            return false;
          },
        }),
        startsLate(which),
        'keeps an entry for a holder that takes longer than its lease',
      ],
    ),
    [
      'runs handlers twice at once',
      undefined,
      consuming((to) => ({
        process: (job) => Promise.all([to.process(job), to.process(job)]).then(([first]) => first),
      })),
      'never runs a slow handler twice at once while its process holds the entry',
    ],
    [
      'takes over what it runs itself, when its lease is over',
      ...takesOverItsOwn(),
      'never runs a slow handler twice at once while its process holds the entry',
    ],
    [
      'leases an entry to two consumers',
      (good) => ({ claim: (request) => good.claim({ ...request, leaseMs: 0 }) }),
      undefined,
      'hands each entry to one of two consumers',
    ],
    [
      'stores nothing before it is started',
      undefined,
      (good) => {
        let isStarted = false;
        return {
          start(to) {
            isStarted = true;
            return good.start(to);
          },
          async put(entry) {
            if (!isStarted) throw new Error('It is not started.');
            return good.put(entry);
          },
        };
      },
      'stores without being started, for another that is',
    ],
    [
      'is started twice',
      undefined,
      (good) => ({ start: (to) => Promise.resolve(good.start(to)).catch(() => {}) }),
      'is started by one of two receivers that start it at once',
    ],
    [
      'does not wait for the job that runs',
      undefined,
      (good) => ({ close: () => good.close({ timeoutMs: 0 }) }),
      'stops when what runs is done, and leaves the rest to the next',
    ],
    [
      'says too early that it has stopped',
      undefined,
      (good) => ({
        async close(options) {
          void good.close(options);
        },
      }),
      'stops when what runs is done, and leaves the rest to the next',
    ],
    [
      'aborts nothing',
      undefined,
      consuming((to) => ({
        process: (job) => to.process({ ...job, signal: new AbortController().signal }),
      })),
      'aborts what still runs after the timeout, and stops all the same',
    ],
  ])('%s', async (_what, fault, inboxFault, name) => {
    // A case says what it found, and does not stumble over it.
    const run = runCase(inboxConformance(inboxesOn(fault, inboxFault)), name);
    await expect(run).rejects.toThrow(/^(?!Cannot read properties)/);
  });

  test.each<[...Row, RegExp]>([
    ['keeps bodies as text', asText, undefined, BODIES, /^body 0/],
    [
      'waits for three hours',
      (good) => ({
        settle: (holding, outcome) =>
          good.settle(
            holding,
            outcome.state === 'pending' ? { ...outcome, dueMs: outcome.dueMs + 7_200_000 } : outcome,
          ),
      }),
      undefined,
      BACKOFF,
      /^due in an hour$/,
    ],
    [
      'says that what is no event is dead',
      undefined,
      saysThatNoEventIsDead,
      'keeps what is no event as dead, and never hands it over',
      /^the receiver knows already/,
    ],
    [
      'takes the times of failures by another clock',
      changingFailures((each) => ({ ...each, startedAtMs: performance.now(), endedAtMs: performance.now() })),
      undefined,
      TIMES,
      /^the times are unix time$/,
    ],
    [
      'discards nothing that waits',
      () => ({ discard: () => 0 }),
      undefined,
      TARGETS,
      /^one that waits can be discarded by its id/,
    ],
    [
      'does not find what is erased by its listed id',
      notFoundByListedId,
      undefined,
      ERASES,
      /^it is found by its listed id/,
    ],
    [
      'hands over what is erased when it comes again',
      undefined,
      (good) => {
        let consumer: InboxConsumer | undefined;
        return {
          start(to) {
            consumer = to;
            return good.start(to);
          },
          async put(entry) {
            const [kept] = (await good.list({ id: entry.id })).items;
            if (kept?.isErased) await consumer?.process({ ...entry, attempt: 1 } as never);
            return good.put(entry);
          },
        };
      },
      ERASES,
      /^no handler runs for what was erased/,
    ],
    [
      'never erases what it could not erase while it ran',
      undefined,
      (good) => {
        const passedOver = new Set<string>();
        return {
          async erase(isMeant, options) {
            const receipt = await good.erase(
              async (item) => !passedOver.has(item.id) && (await isMeant(item)),
              options,
            );
            if (!options?.isDryRun) for (const id of receipt.running) passedOver.add(id);
            return receipt;
          },
        };
      },
      ERASES,
      /^what was running then is erased now/,
    ],
    [
      'erases only what has its body',
      undefined,
      (good) => ({
        erase: (isMeant, options) =>
          good.erase(async (item) => (await isMeant(item)) && item.hasBody, options),
      }),
      'erases what was never handled, and then does not handle it',
      /^also without its body/,
    ],
    [
      'purges the dead with the rest',
      (good) => ({ purge: (request) => good.purge({ ...request, beforeMs: Number.POSITIVE_INFINITY }) }),
      undefined,
      'purges what was kept long enough',
      /^the dead are kept longer/,
    ],
    [
      'does not wait for the job that runs',
      undefined,
      (good) => ({ close: () => good.close({ timeoutMs: 0 }) }),
      'stops when what runs is done, and leaves the rest to the next',
      /^it waits for the job that runs/,
    ],
    [
      'remembers which handlers of a done entry were noted',
      undefined,
      remembersHandlers,
      ADD_DONE,
      /^a retry of what is done runs all handlers/,
    ],
  ])('%s: the case says so', async (_what, fault, inboxFault, name, message) => {
    const run = runCase(inboxConformance(inboxesOn(fault, inboxFault)), name);
    await expect(run).rejects.toThrow(message);
  });

  test.each<[string, StoreFault | undefined]>([
    ['nothing', undefined],
    ['a fault', noConflicts],
  ])('is left open by no case that finds %s', async (_what, fault) => {
    const open = new Set<Inbox>();
    const create = inboxesOn(fault, (good) => {
      open.add(good);
      return {
        async close(options) {
          open.delete(good);
          await good.close(options);
        },
      };
    });
    await runCase(inboxConformance(create), DUPLICATE).catch(() => {});
    expect(open.size).toBe(0);
  });

  test('says that it is late by an hour more: the case says so, also late in the life of a process', async () => {
    const { now } = performance;
    vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 36_000_000);
    onTestFinished(() => void vi.restoreAllMocks());
    const create = inboxesOn(undefined, (good) => ({
      async health() {
        const { lagMs, ...rest } = await good.health();
        return { ...rest, lagMs: lagMs && lagMs + 3_600_000 };
      },
    }));
    await expect(runCase(inboxConformance(create), LAG)).rejects.toThrow(/^a lag of 36\d{5} ms after \d+/);
  });
});

/** Starts one of two inboxes later than the other. */
function startsLate(which: number): InboxFault {
  let count = 0;
  return (good) => {
    if (count++ !== which) return {};
    return {
      async start(to) {
        await delay(200);
        await good.start(to);
      },
    };
  };
}

/** Hands an entry over again, soon after its lease was over because the event loop was blocked. */
function takesOverItsOwn(): [StoreFault, InboxFault] {
  let leaseMs = 0;
  const fault: StoreFault = (good) => ({
    claim(request) {
      leaseMs = request.leaseMs;
      return good.claim(request);
    },
  });
  const inboxFault = consuming((to) => ({
    async process(job) {
      const beganMs = performance.now();
      let isRunning = true;
      const running = to.process(job).finally(() => {
        isRunning = false;
      });
      const wasBlocked = performance.now() - beganMs >= leaseMs;
      await delay(50);
      return wasBlocked && isRunning ? to.process(job) : running;
    },
  }));
  return [fault, inboxFault];
}

/** Hands an entry over with all handlers that were ever done for its event. */
function remembersHandlers(good: Inbox): Partial<Inbox> {
  const done = new Map<string, Set<string>>();
  const doneOf = (id: string) => {
    const handlers = done.get(id) ?? new Set();
    done.set(id, handlers);
    return handlers;
  };
  return {
    addDone(id, handlerName) {
      doneOf(id).add(handlerName);
      return good.addDone(id, handlerName);
    },
    start: (to) =>
      good.start({
        ...to,
        process: (job) =>
          to.process({
            ...job,
            done: [...doneOf(job.id)],
            checkpoint(handlerName) {
              doneOf(job.id).add(handlerName);
              return job.checkpoint(handlerName);
            },
          }),
      }),
  };
}

function notFoundByListedId(good: InboxStore): Partial<InboxStore> {
  return {
    list: async (query) =>
      query.id?.startsWith('erased:') ? { items: [], next: undefined } : good.list(query),
  };
}

function saysThatNoEventIsDead(good: Inbox): Partial<Inbox> {
  let consumer: InboxConsumer | undefined;
  return {
    start(to) {
      consumer = to;
      return good.start(to);
    },
    async put(entry) {
      if (entry.error) consumer?.onDead(entry as never, { error: { code: 'BODY_INVALID' } } as never);
      return good.put(entry);
    },
  };
}

/** Answers in another way when an event comes again that is in a state. */
function inState(state: InboxState, answer: () => Awaited<ReturnType<Inbox['put']>>): InboxFault {
  return (good) => ({
    async put(entry) {
      const [kept] = (await good.list({ id: entry.id })).items;
      return kept?.state === state ? answer() : good.put(entry);
    },
  });
}

/** Lists the failures of entries in another way. */
function changingFailures(
  change: (failure: InboxItem['failures'][number], isLast: boolean) => object,
): StoreFault {
  return (good) => ({
    async list(query) {
      const page = await good.list(query);
      const items = page.items.map((item) => ({
        ...item,
        failures: item.failures.map(
          (each, index, all) => change(each, index === all.length - 1) as typeof each,
        ),
      }));
      return { ...page, items };
    },
  });
}

function withLastErased(page: Awaited<ReturnType<Inbox['list']>>, change: object) {
  const last = page.items.findLast((item) => item.isErased);
  return { ...page, items: page.items.map((item) => (item === last ? { ...item, ...change } : item)) };
}

function withItems(page: Awaited<ReturnType<Inbox['list']>>, change: object) {
  return { ...page, items: page.items.map((item) => ({ ...item, ...change })) };
}

/** Each look at the clock takes a tenth of a second, so that a case does not really wait for what never comes. */
function hurryClock(): void {
  let nowMs = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => (nowMs += 100));
  onTestFinished(() => void vi.restoreAllMocks());
}

describe('inboxConformance does not wait forever for an inbox that', () => {
  test.each<[string, StoreFault, RegExp]>([
    [
      'discards: the event is new when it comes again',
      (good) => ({ discard: (target, request) => ('id' in target ? good.discard(target, request) : 2) }),
      /^waited 20000 ms for {"pending":0,"leased":0,"done":0,"dead":0}, and it is {.*"dead":2}$/,
    ],
    [
      'purges what was kept long enough',
      () => ({ purge: () => 0 }),
      /^waited 20000 ms for it to become true$/,
    ],
  ])('keeps what it should not, and the case says so: %s', async (name, fault, message) => {
    hurryClock();
    await expect(runCase(inboxConformance(inboxesOn(fault)), name)).rejects.toThrow(message);
  });

  test.each<Row>([
    [
      'does not count attempts',
      (good) => ({
        claim: async (request) => (await good.claim(request)).map((each) => ({ ...each, attempt: 1 })),
      }),
      undefined,
      'tries again what failed, counting, and keeping which handlers are done',
    ],
    [
      'never gives up',
      (good) => ({
        settle: (holding, outcome) =>
          good.settle(
            holding,
            outcome.state === 'dead' ? { ...outcome, state: 'pending', dueMs: 0 } : outcome,
          ),
      }),
      undefined,
      'gives an entry up after the last attempt, and says so once',
    ],
    [
      'handles what is no event',
      changing((entry) => ({ ...entry, error: undefined })),
      undefined,
      'keeps what is no event as dead, and never hands it over',
    ],
    [
      'keeps only the latest failure',
      (good) => ({
        settle: (holding, outcome) =>
          good.settle(
            holding,
            outcome.state === 'done' ? outcome : { ...outcome, failures: outcome.failures.slice(-1) },
          ),
      }),
      undefined,
      'keeps what went wrong in each attempt, also after a retry by hand',
    ],
    [
      'keeps the bodies of what is done',
      neverDeletesBodies,
      undefined,
      'deletes the body of what is done, and refuses to retry it without its body',
    ],
    [
      'runs only the handlers that were not done when it retries what is done',
      (good) => ({ retry: (target, request) => ('id' in target ? 0 : good.retry(target, request)) }),
      undefined,
      'retries what is done by hand, with all its handlers, if it keeps the bodies',
    ],
    [
      'discards nothing',
      () => ({ discard: () => 0 }),
      undefined,
      'discards: the event is new when it comes again',
    ],
    [
      'erases nothing',
      (good) => ({ erase: async (id) => (await good.list({ id })).items[0]?.state }),
      undefined,
      'erases what is meant in every state, and knows its events if they come again',
    ],
    [
      'handles what was erased',
      (good) => ({ erase: async (id) => (await good.list({ id })).items[0]?.state }),
      undefined,
      'erases what was never handled, and then does not handle it',
    ],
    [
      'refuses a checkpoint',
      undefined,
      consuming((to) => ({ process: (job) => to.process({ ...job, checkpoint: () => false }) })),
      'tries again what failed, counting, and keeping which handlers are done',
    ],
    [
      'does not wait before the next attempt',
      (good) => ({
        settle: (holding, outcome) =>
          good.settle(holding, outcome.state === 'pending' ? { ...outcome, dueMs: 0 } : outcome),
      }),
      undefined,
      'waits as long as the backoff says',
    ],
    [
      'erases in a dry run',
      undefined,
      (good) => ({ erase: (predicate) => good.erase(predicate) }),
      'erases what is meant in every state, and knows its events if they come again',
    ],
    ['purges nothing', () => ({ purge: () => 0 }), undefined, 'purges what was kept long enough'],
    [
      'purges what was never handled',
      undefined,
      (good) => ({
        start: async () => {},
        purge: () => good.discard({ id: 'event-1' }),
      }),
      'purges what was kept long enough',
    ],
    ['is never late', () => ({ nextDueMs: () => undefined }), undefined, 'tells how far behind it is'],
    [
      'loses what comes when there is much',
      (good) => {
        let count = 0;
        return { put: (entry, at) => (++count > 500 ? 'stored' : good.put(entry, at)) };
      },
      undefined,
      'handles a long queue to its end',
    ],
  ])('%s', async (_what, fault, inboxFault, name) => {
    hurryClock();
    await runCase(inboxConformance(inboxesOn()), name);
    await expect(runCase(inboxConformance(inboxesOn(fault, inboxFault)), name)).rejects.toThrow();
  });
});
