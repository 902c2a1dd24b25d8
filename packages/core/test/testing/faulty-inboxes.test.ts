import { AsyncLocalStorage } from 'node:async_hooks';
import type { Inbox } from '@showpad-webhooks/core';
import {
  createStoreInbox,
  type InboxConsumer,
  type InboxOptions,
  type InboxStore,
} from '@showpad-webhooks/core/inbox';
import { inboxConformance } from '@showpad-webhooks/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';
import {
  asText,
  changing,
  forgetsHandlers,
  neverDeletesBodies,
  noConflicts,
  putsInTwoSteps,
  runCase,
  type StoreFault,
  withIds,
} from './faults.ts';

type InboxFault = (good: Inbox) => Partial<Inbox>;

/** Makes inboxes that share the store of their name, as processes would. */
function inboxesOn(fault: StoreFault = () => ({}), inboxFault: InboxFault = () => ({})) {
  const stores = new Map<string, InboxStore>();
  return (options: InboxOptions): Inbox => {
    const { name = 'default' } = options;
    const good = stores.get(name) ?? createMemoryInboxStore();
    stores.set(name, good);
    // The clock goes on if a test moves the wall clock.
    const clock = () => Math.floor(performance.now());
    const inbox = createStoreInbox({ ...good, ...fault(good) }, { ...options, pollMs: 5, clock });
    return { ...inbox, ...inboxFault(inbox) };
  };
}

/** Hands the jobs of an inbox over in another way. */
function consuming(change: (to: InboxConsumer) => Partial<InboxConsumer>): InboxFault {
  return (good) => ({ start: (to) => good.start({ ...to, ...change(to) }) });
}

type Row = [what: string, fault: StoreFault | undefined, inboxFault: InboxFault | undefined, name: string];

describe('inboxConformance notices an inbox that', () => {
  const BODIES = 'hands over what was stored, byte for byte';
  const DUPLICATE = 'knows a duplicate in every state, and another body under the same id';
  const AGAIN = 'tries again what failed, counting, and keeping which handlers are done';
  const BACKOFF = 'waits as long as the backoff says';
  const GIVE_UP = 'gives an entry up after the last attempt, and says so once';
  const BY_HAND = 'retries the dead by hand, without the handlers that are done';
  const TWENTY = 'keeps the latest 20 failed attempts, and no long texts';
  const DELETES = 'deletes the body of what is done, and refuses to retry it without its body';
  const TARGETS = 'refuses to retry or discard everything that waits, or something that is no target';
  const ADD_DONE = 'notes that a handler is done for what is done or dead, and for nothing else';
  const DISCARDS = 'discards: the event is new when it comes again';
  const ERASES = 'erases what is meant in every state, and knows its events if they come again';
  const LAG = 'tells how far behind it is';

  test.each<Row>([
    ['keeps bodies as text', asText, undefined, BODIES],
    ['forgets the headers', changing((entry) => ({ ...entry, headers: {} })), undefined, BODIES],
    [
      'takes similar ids for the same',
      withIds((id) => id.toLowerCase()),
      undefined,
      'takes hostile ids for what they are',
    ],
    ['does not notice another body', noConflicts, undefined, DUPLICATE],
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
      (good) => {
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
      },
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
      'takes the times of failures by another clock',
      (good) => ({
        list: async (query) => {
          const page = await good.list(query);
          const items = page.items.map((item) => ({
            ...item,
            failures: item.failures.map((each) => ({ ...each, endedAtMs: performance.now() })),
          }));
          return { ...page, items };
        },
      }),
      undefined,
      'keeps what went wrong in each attempt, also after a retry by hand',
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
              failures: outcome.failures.map((each) => ({ ...each, message: 'x'.repeat(1_000) })),
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
      (good) => ({ discard: async (target) => (await good.discard(target)) || 1 }),
      DISCARDS,
    ],
    [
      'does not say what it erases',
      undefined,
      (good) => ({ erase: async (...args) => ({ ...(await good.erase(...args)), dead: 0 }) }),
      ERASES,
    ],
    [
      'erases the id of an event for its listed id only',
      (good) => ({
        list: async (query) =>
          query.id?.startsWith('erased:') ? { items: [], next: undefined } : good.list(query),
      }),
      undefined,
      ERASES,
    ],
    [
      'keeps the headers of what it erases',
      (good) => ({
        async list(query) {
          const page = await good.list(query);
          const items = page.items.map((item) =>
            item.isErased ? { ...item, headers: { 'x-user': 'jane' } } : item,
          );
          return { ...page, items };
        },
      }),
      undefined,
      ERASES,
    ],
    [
      'forgets the type of what it erases',
      (good) => ({
        async list(query) {
          const page = await good.list(query);
          return { ...page, items: page.items.map((item) => (item.isErased ? { ...item, type: '' } : item)) };
        },
      }),
      undefined,
      ERASES,
    ],
    [
      'keeps what went wrong of what it erases',
      (good) => ({
        async list(query) {
          const page = await good.list(query);
          const failures = [{} as never];
          return { ...page, items: page.items.map((item) => (item.isErased ? { ...item, failures } : item)) };
        },
      }),
      undefined,
      ERASES,
    ],
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
      (good) => ({
        async claim(request) {
          const { items } = await good.list({ state: 'pending', limit: 100 });
          return good.claim({ ...request, exceptIds: items.slice(1).map(({ id }) => id) });
        },
      }),
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
    [
      'renews no lease and takes what a late holder says',
      (good) => ({
        checkpoint: () => true,
        async settle({ id }, outcome) {
          for (let fence = 1; fence < 100; fence++)
            if (await good.settle({ id, fence }, outcome)) return true;
          return false;
        },
      }),
      undefined,
      'keeps an entry for a holder that takes longer than its lease',
    ],
    [
      'runs handlers twice at once',
      undefined,
      consuming((to) => ({
        process: (job) => Promise.all([to.process(job), to.process(job)]).then(([first]) => first),
      })),
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
      'aborts nothing',
      undefined,
      consuming((to) => ({
        process: (job) => to.process({ ...job, signal: new AbortController().signal }),
      })),
      'aborts what still runs after the timeout, and stops all the same',
    ],
  ])('%s', async (_what, fault, inboxFault, name) => {
    await expect(runCase(inboxConformance(inboxesOn(fault, inboxFault)), name)).rejects.toThrow();
  });
});

function withItems(page: Awaited<ReturnType<Inbox['list']>>, change: object) {
  return { ...page, items: page.items.map((item) => ({ ...item, ...change })) };
}

describe('inboxConformance does not wait forever for an inbox that', () => {
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
    // Each look at the clock takes a tenth of a second, so that a case does not really wait for what never comes.
    let nowMs = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => (nowMs += 100));
    onTestFinished(() => void vi.restoreAllMocks());
    await runCase(inboxConformance(inboxesOn()), name);
    await expect(runCase(inboxConformance(inboxesOn(fault, inboxFault)), name)).rejects.toThrow();
  });
});
