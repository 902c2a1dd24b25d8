import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { InboxOptions } from '../inbox/options.ts';
import type { Inbox, InboxCounts, InboxEntry, InboxFailure, InboxJob } from '../inbox/types.ts';
import { type ErrorCode, ShowpadWebhookError } from '../shared/error.ts';
import type { MaybePromise } from '../shared/promise.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { HOSTILE_IDS } from './hostile-ids.ts';
import { entryOf } from './inbox-store-conformance.ts';

const PATIENCE_MS = 20_000;

/**
 * What an `Inbox` must do, as cases that reject if it does not: storing and duplicates, attempts, backoff, dead letters,
 * retries by hand, order, several consumers, and closing.
 *
 * @param create makes an inbox. Two with one `name` must share their entries, as two processes would.
 *
 * @example
 * ```ts
 * import type { Inbox } from '@showpad-webhooks/core';
 * import type { InboxOptions } from '@showpad-webhooks/core/inbox';
 * import { inboxConformance } from '@showpad-webhooks/core/testing';
 *
 * export async function check(createMyInbox: (options: InboxOptions) => Inbox) {
 *   for (const { run } of inboxConformance(createMyInbox)) await run();
 * }
 * ```
 */
export function inboxConformance(
  create: (options: InboxOptions) => MaybePromise<Inbox>,
): readonly ConformanceCase[] {
  const check = (name: string, body: (open: Open) => Promise<void>): ConformanceCase => ({
    name,
    run: async () => {
      const inboxName = `conformance-${randomUUID()}`;
      const opened: Inbox[] = [];
      const open: Open = async (options) => {
        const inbox = await create({ backoff: () => 1, ...options, name: inboxName });
        opened.push(inbox);
        return subjectOf(inbox);
      };
      try {
        await body(open);
      } finally {
        for (const inbox of opened) await inbox.close({ timeoutMs: 0 });
      }
    },
  });

  return [
    check('hands over what was stored, byte for byte', async (open) => {
      const { inbox, start, jobs, settled } = await open();
      const bodies = [
        Uint8Array.from({ length: 256 }, (_, byte) => byte),
        new TextEncoder().encode(`${'['.repeat(8_000)}${']'.repeat(8_000)}`),
        new Uint8Array(1_048_576).fill(0xff),
      ];
      for (const [index, body] of bodies.entries()) {
        assert.equal(await inbox.put(entryOf({ id: `${index}`, body })), 'stored');
      }
      await start();
      await settled({ done: bodies.length });
      for (const [index, body] of bodies.entries()) {
        const job = first(jobs.filter(({ id }) => id === `${index}`));
        assert.equal(Buffer.compare(job.body, body), 0, `body ${index}`);
        assert.deepEqual(entryIn(job), entryIn(entryOf({ id: `${index}` })));
        assert.equal(job.attempt, 1);
      }
    }),

    check('takes hostile ids for what they are', async (open) => {
      const { inbox, start, jobs, settled } = await open();
      for (const id of HOSTILE_IDS) assert.equal(await inbox.put(entryOf({ id })), 'stored');
      for (const id of HOSTILE_IDS) assert.notEqual(await inbox.put(entryOf({ id })), 'stored');
      await start();
      await settled({ done: HOSTILE_IDS.length });
      assert.deepEqual(jobs.map(({ id }) => id).sort(), [...HOSTILE_IDS].sort());
    }),

    check('knows a duplicate in every state, and another body under the same id', async (open) => {
      const { inbox, start, settled, answer } = await open();
      const same = { isConflict: false };
      const other = { isConflict: true };
      const put = (id: string, bodyDigest?: number) =>
        inbox.put(entryOf({ id, ...(bodyDigest && { bodyDigest }) }));
      assert.equal(await put('waits'), 'stored');
      assert.deepEqual([await put('waits'), await put('waits', 7)], [same, other]);
      let finish = () => {};
      answer(async ({ id }) => {
        if (id === 'runs') await new Promise<void>((resolve) => (finish = resolve));
        return id === 'dies' ? permanent() : undefined;
      });
      await start();
      await put('runs');
      await put('dies');
      await settled({ done: 1, leased: 1, dead: 1 });
      for (const id of ['waits', 'runs', 'dies']) {
        assert.deepEqual([await put(id), await put(id, 7)], [same, other], id);
      }
      finish();
      await settled({ done: 2, dead: 1 });
    }),

    check('stores and handles one of 100 that are put at once', async (open) => {
      const { inbox, start, jobs, settled } = await open();
      await start();
      const results = await Promise.all(Array.from({ length: 100 }, async () => inbox.put(entryOf({}))));
      assert.equal(results.filter((result) => result === 'stored').length, 1);
      await settled({ done: 1 });
      assert.equal(jobs.length, 1);
    }),

    check(
      'runs handlers outside the AsyncLocalStorage of the request that stored the event',
      async (open) => {
        const { inbox, start, settled, answer } = await open();
        const requests = new AsyncLocalStorage<string>();
        const seen: unknown[] = [];
        answer(async () => {
          seen.push(requests.getStore());
          return undefined;
        });
        await start();
        for (const id of ['one', 'two']) await requests.run(id, async () => inbox.put(entryOf({ id })));
        await settled({ done: 2 });
        assert.deepEqual(seen, [undefined, undefined]);
      },
    ),

    check('tries again what failed, counting, and keeping which handlers are done', async (open) => {
      const { inbox, start, jobs, settled, answer } = await open();
      answer(async (job) => {
        if (job.attempt === 1) {
          assert.equal(await job.checkpoint('crm'), true);
          assert.equal(await job.checkpoint('__proto__'), true);
        }
        return job.attempt < 3 ? failed() : undefined;
      });
      await start();
      await inbox.put(entryOf({}));
      await settled({ done: 1 });
      assert.deepEqual(
        jobs.map(({ attempt, done }) => [attempt, ...done]),
        [[1], [2, 'crm', '__proto__'], [3, 'crm', '__proto__']],
      );
    }),

    check('waits as long as the backoff says', async (open) => {
      const { inbox, start, jobs, settled, answer } = await open({ backoff: () => 3_600_000 });
      answer(async () => failed());
      await start();
      await inbox.put(entryOf({}));
      await settled({ pending: 1 }, () => jobs.length === 1);
      const item = first((await inbox.list({ state: 'pending' })).items);
      assert.ok(Math.abs(Number(item.dueAtMs) - Date.now() - 3_600_000) < 60_000, 'due in an hour');
      assert.equal(item.error?.code, 'HANDLER_FAILED');
      assert.equal((await inbox.health()).lagMs, 0);
    }),

    check('gives an entry up after the last attempt, and says so once', async (open) => {
      const { inbox, start, jobs, settled, answer, dead } = await open({ maxAttempts: 3 });
      answer(async () => failed());
      await start();
      await inbox.put(entryOf({ keyLabel: undefined, url: undefined }));
      await settled({ dead: 1 });
      assert.equal(jobs.length, 3);
      assert.deepEqual(dead, [['event-1', 'HANDLER_FAILED']]);
      const item = first((await inbox.list()).items);
      assert.deepEqual([item.id, item.state, item.attempt, item.generation], ['event-1', 'dead', 3, 0]);
      const { byteLength } = entryOf({}).body;
      assert.deepEqual([item.bodyBytes, item.hasBody, item.body], [byteLength, true, undefined]);
      assert.match(`${item.error?.message}`, /The handler failed: the CRM is down/);
      const whole = first((await inbox.list({ id: 'event-1' })).items);
      assert.deepEqual(Buffer.from(whole.body as Uint8Array), Buffer.from(entryOf({}).body));
    }),

    check('gives up at once what is refused for good', async (open) => {
      const { inbox, start, jobs, settled, answer, dead } = await open();
      answer(async () => permanent());
      await start();
      await inbox.put(entryOf({}));
      await settled({ dead: 1 });
      assert.equal(jobs.length, 1);
      assert.deepEqual(dead, [['event-1', 'PERMANENT_FAILURE']]);
    }),

    check('keeps what is no event as dead, and never hands it over', async (open) => {
      const { inbox, start, jobs, settled, dead } = await open();
      await start();
      const error = { code: 'BODY_INVALID', message: 'the body is no JSON object' };
      assert.equal(
        await inbox.put(entryOf({ id: 'invalid:1', type: '', error, receivedAtMs: Date.now() })),
        'stored',
      );
      assert.equal(await inbox.put(entryOf({ id: 'event-2' })), 'stored');
      await settled({ dead: 1, done: 1 });
      assert.deepEqual(
        jobs.map(({ id }) => id),
        ['event-2'],
      );
      assert.deepEqual(dead, [], 'the receiver knows already');
      assert.deepEqual(first((await inbox.list()).items).error, error);
    }),

    check('retries the dead by hand, without the handlers that are done', async (open) => {
      const { inbox, start, jobs, settled, answer } = await open({ maxAttempts: 1 });
      answer(async (job) => {
        await job.checkpoint('crm');
        return failed();
      });
      await start();
      for (const id of ['1', '2', '3']) await inbox.put(entryOf({ id }));
      await settled({ dead: 3 });
      answer(async () => undefined);
      assert.equal(await inbox.retry({ id: '2' }), 1);
      await settled({ dead: 2, done: 1 });
      assert.equal(await inbox.retry({ state: 'dead' }), 2);
      await settled({ done: 3 });
      const again = jobs.slice(3);
      assert.deepEqual(again.map(({ id }) => id).sort(), ['1', '2', '3']);
      for (const { attempt, done } of again) assert.deepEqual([attempt, ...done], [1, 'crm']);
      const { items } = await inbox.list({ state: 'done' });
      assert.deepEqual(
        items.map(({ generation }) => generation),
        [1, 1, 1],
      );
    }),

    check('deletes the body of what is done, and refuses to retry it without its body', async (open) => {
      const { inbox, start, jobs, settled } = await open();
      await start();
      await inbox.put(entryOf({}));
      await settled({ done: 1 });
      // Some engines delete the body a moment after the entry is done.
      await until(async () => first((await inbox.list({ id: 'event-1' })).items).hasBody === false);
      const item = first((await inbox.list({ id: 'event-1' })).items);
      assert.deepEqual([item.body, item.bodyBytes], [undefined, entryOf({}).body.byteLength]);
      for (const target of [{ id: 'event-1' }, { state: 'done' }] as const) {
        await assert.rejects(async () => inbox.retry(target), /keepDoneBodies/);
      }
      await settled({ done: 1 });
      assert.deepEqual(
        [await inbox.put(entryOf({})), await inbox.put(entryOf({ bodyDigest: 7 }))],
        [{ isConflict: false }, { isConflict: true }],
      );
      assert.equal(jobs.length, 1);
    }),

    check(
      'refuses to retry or discard everything that waits, or something that is no target',
      async (open) => {
        const { inbox } = await open();
        await inbox.put(entryOf({}));
        for (const target of [
          { state: 'pending' },
          { state: 'leased' },
          {},
          { id: 1 },
          undefined,
        ] as never[]) {
          await assert.rejects(async () => inbox.discard(target), TypeError);
          await assert.rejects(async () => inbox.retry(target), TypeError);
        }
        assert.deepEqual({ ...(await inbox.counts()) }, { pending: 1, leased: 0, done: 0, dead: 0 });
        assert.equal(await inbox.discard({ id: 'event-1' }), 1, 'one that waits can be discarded by its id');
      },
    ),

    check('retries what is done by hand, with all its handlers, if it keeps the bodies', async (open) => {
      const { inbox, start, jobs, settled, answer } = await open({ keepDoneBodies: true });
      answer(async (job) => {
        await job.checkpoint('crm');
        return undefined;
      });
      await start();
      await inbox.put(entryOf({}));
      await settled({ done: 1 });
      assert.equal(await inbox.retry({ id: 'event-1' }), 1);
      await settled({ done: 1 }, () => jobs.length === 2);
      assert.deepEqual(first(jobs.slice(1)).done, []);
      assert.equal(first(jobs.slice(1)).attempt, 1);
      assert.equal(await inbox.retry({ id: 'never-seen' }), 0);
    }),

    check('discards: the event is new when it comes again', async (open) => {
      const { inbox, start, settled, answer } = await open();
      answer(async () => permanent());
      await start();
      for (const id of ['1', '2', '3']) await inbox.put(entryOf({ id }));
      await settled({ dead: 3 });
      assert.equal(await inbox.discard({ id: '1' }), 1);
      assert.equal(await inbox.discard({ id: '1' }), 0);
      assert.equal(await inbox.discard({ state: 'dead' }), 2);
      await settled({});
      assert.equal(await inbox.put(entryOf({ id: '1' })), 'stored');
    }),

    check('purges what was kept long enough', async (open) => {
      const { inbox, start, jobs } = await open({ keepDoneMs: 1 });
      const error = { code: 'BODY_INVALID', message: 'the body is no JSON object' };
      await inbox.put(entryOf({ id: 'invalid:1', error, receivedAtMs: Date.now() }));
      await inbox.put(entryOf({}));
      await start();
      await until(async () => {
        await inbox.purge();
        const { pending, leased, done } = await inbox.counts();
        return jobs.length === 1 && pending + leased + done === 0;
      });
      assert.equal((await inbox.counts()).dead, 1, 'the dead are kept longer');
    }),

    check('lists page by page, and each entry once', async (open) => {
      const { inbox } = await open();
      for (let index = 0; index < 5; index++) await inbox.put(entryOf({ id: `${index}` }));
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await inbox.list({ state: 'pending', limit: 2, cursor });
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.next;
      } while (cursor !== undefined);
      assert.deepEqual(ids, ['4', '3', '2', '1', '0']);
    }),

    check('keeps the order of arrival with a concurrency of 1', async (open) => {
      const { inbox, start, jobs, settled } = await open({ concurrency: 1 });
      const ids = Array.from({ length: 30 }, (_, index) => `event-${index}`);
      for (const id of ids) await inbox.put(entryOf({ id }));
      await start();
      await settled({ done: 30 });
      assert.deepEqual(
        jobs.map(({ id }) => id),
        ids,
      );
    }),

    check('handles a long queue to its end', async (open) => {
      const { inbox, start, jobs, settled } = await open({ concurrency: 3 });
      const ids = Array.from({ length: 600 }, (_, index) => `event-${index}`);
      await Promise.all(ids.map(async (id) => inbox.put(entryOf({ id }))));
      await start();
      await settled({ done: ids.length });
      assert.equal(jobs.length, ids.length);
    }),

    check('runs no more at once than its concurrency', async (open) => {
      const { inbox, start, settled, answer } = await open({ concurrency: 3 });
      let running = 0;
      let most = 0;
      answer(async () => {
        most = Math.max(most, ++running);
        await delay(1);
        running--;
        return undefined;
      });
      for (let index = 0; index < 20; index++) await inbox.put(entryOf({ id: `${index}` }));
      await start();
      await settled({ done: 20 });
      assert.equal(most, 3);
    }),

    check('keeps an entry for a holder that takes longer than its lease', async (open) => {
      const [one, other] = [await open({ leaseMs: 300 }), await open({ leaseMs: 300 })];
      one.answer(async () => {
        await delay(1_000);
        return undefined;
      });
      other.answer(async () => {
        await delay(1_000);
        return undefined;
      });
      await one.inbox.put(entryOf({}));
      await Promise.all([one.start(), other.start()]);
      await one.settled({ done: 1 });
      assert.equal(one.jobs.length + other.jobs.length, 1);
    }),

    check('never runs a slow handler twice at once while its process holds the entry', async (open) => {
      const leaseMs = 300;
      const { inbox, start, jobs, settled, answer } = await open({ leaseMs });
      let running = 0;
      let most = 0;
      answer(async () => {
        most = Math.max(most, ++running);
        // Nothing renews the lease while the event loop is blocked, so it runs out.
        if (jobs.length === 1) blockEventLoop(2 * leaseMs);
        // Meanwhile the inbox finds an entry whose lease is over.
        await delay(4 * leaseMs);
        running--;
        return undefined;
      });
      await inbox.put(entryOf({}));
      await start();
      await settled({ done: 1 });
      assert.equal(most, 1);
    }),

    check('hands each entry to one of two consumers', async (open) => {
      const [one, other] = [await open(), await open()];
      const ids = Array.from({ length: 100 }, (_, index) => `event-${index}`);
      for (const id of ids) await one.inbox.put(entryOf({ id }));
      await Promise.all([one.start(), other.start()]);
      await one.settled({ done: 100 });
      const handled = [...one.jobs, ...other.jobs].map(({ id }) => id);
      assert.deepEqual(handled.sort(), ids.sort());
    }),

    check('stores without being started, for another that is', async (open) => {
      const [producer, worker] = [await open(), await open()];
      await worker.start();
      assert.equal(await producer.inbox.put(entryOf({})), 'stored');
      await worker.settled({ done: 1 });
      assert.equal(producer.jobs.length, 0);
    }),

    check('is started by one of two receivers that start it at once', async (open) => {
      const { inbox, start, jobs, settled } = await open();
      const starts = await Promise.allSettled([1, 2].map(async () => start()));
      assert.deepEqual(starts.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      await inbox.put(entryOf({}));
      await settled({ done: 1 });
      assert.equal(jobs.length, 1);
    }),

    check('stops when what runs is done, and leaves the rest to the next', async (open) => {
      const first = await open({ concurrency: 1 });
      let finish = () => {};
      first.answer(async () => {
        await new Promise<void>((resolve) => (finish = resolve));
        return undefined;
      });
      for (const id of ['1', '2']) await first.inbox.put(entryOf({ id }));
      await first.start();
      await until(async () => first.jobs.length === 1);
      let isStopped = false;
      const stopping = first.inbox.close({ timeoutMs: 60_000 }).then(() => {
        isStopped = true;
      });
      await delay(20);
      assert.equal(isStopped, false, 'it waits for the job that runs');
      finish();
      await stopping;
      const second = await open();
      await second.start();
      await second.settled({ done: 2 });
      assert.deepEqual(
        second.jobs.map(({ id }) => id),
        ['2'],
      );
    }),

    check('aborts what still runs after the timeout, and stops all the same', async (open) => {
      const { inbox, start, jobs, answer } = await open();
      answer(() => new Promise(() => {}));
      await inbox.put(entryOf({}));
      await start();
      await until(async () => jobs.length === 1);
      await inbox.close({ timeoutMs: 1 });
      assert.equal(first(jobs).signal.aborted, true);
    }),

    check('tells how far behind it is', async (open) => {
      const { inbox } = await open();
      const { isReachable, isWritable, lagMs } = await inbox.health();
      assert.deepEqual([isReachable, isWritable !== false, lagMs], [true, true, 0]);
      const beganMs = performance.now();
      await inbox.put(entryOf({ receivedAtMs: Date.now() }));
      await until(async () => (await inbox.health()).lagMs >= 20);
      await inbox.put(entryOf({ id: 'event-2', receivedAtMs: Date.now() }));
      const { lagMs: laterMs } = await inbox.health();
      const longestMs = performance.now() - beganMs + 1_000;
      assert.ok(laterMs >= 20 && laterMs <= longestMs, `a lag of ${laterMs} ms after ${longestMs} ms`);
    }),
  ];
}

type Open = (options?: InboxOptions) => Promise<Subject>;
type Answer = (job: InboxJob) => Promise<InboxFailure | undefined>;

interface Subject {
  readonly inbox: Inbox;
  readonly start: () => MaybePromise<void>;
  /** The jobs that were handed over, in order. */
  readonly jobs: InboxJob[];
  /** The ids and codes of the entries that were reported as dead. */
  readonly dead: (readonly [string, string])[];
  /** Sets what the next jobs come to. Without it, all are done. */
  readonly answer: (answer: Answer) => void;
  /** Resolves when the entries have come to these states, and no others. */
  readonly settled: (counts: Partial<InboxCounts>, also?: () => boolean) => Promise<void>;
}

function subjectOf(inbox: Inbox): Subject {
  const jobs: InboxJob[] = [];
  const dead: (readonly [string, string])[] = [];
  let answer: Answer = async () => undefined;
  const process = async (job: InboxJob) => {
    jobs.push(job);
    return answer(job);
  };
  const onDead = (job: InboxJob, { error }: InboxFailure) => dead.push([job.id, error.code]);
  const settled: Subject['settled'] = (counts, also = () => true) => {
    const none = { pending: 0, leased: 0, done: 0, dead: 0 };
    const wanted = JSON.stringify({ ...none, ...counts });
    return until(
      async () => also() && JSON.stringify({ ...none, ...(await inbox.counts()) }) === wanted,
      async () => `${wanted}, and it is ${JSON.stringify(await inbox.counts())}`,
    );
  };
  return {
    inbox,
    jobs,
    dead,
    settled,
    start: () => inbox.start({ process, onDead, onError() {} }),
    answer: (next) => {
      answer = next;
    },
  };
}

function first<T>(list: readonly T[]): T {
  assert.notEqual(list.length, 0, 'the list is empty');
  return list[0] as T;
}

/** Looks again and again, because a store cannot say when another process changed it. */
async function until(isTrue: () => Promise<boolean>, wanted = async () => 'it to be so'): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    if (Date.now() > deadline) assert.fail(`waited ${PATIENCE_MS} ms for ${await wanted()}`);
    await delay(2);
  }
}

function blockEventLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function entryIn(entry: InboxEntry): unknown {
  const { id, type, bodyDigest, method, url, headers, timestampSeconds, keyLabel, receivedAtMs } = entry;
  const plain = { ...headers };
  return { id, type, bodyDigest, method, url, headers: plain, timestampSeconds, keyLabel, receivedAtMs };
}

function failed(): InboxFailure {
  return failure('HANDLER_FAILED', 'The handler failed: the CRM is down.', false);
}

function permanent(): InboxFailure {
  return failure('PERMANENT_FAILURE', 'There is no such deal.', true);
}

function failure(code: ErrorCode, message: string, isFinal: boolean): InboxFailure {
  const error = new ShowpadWebhookError(code, message, { hint: 'This is a test.' });
  return { error, isFinal, kept: { code, message } };
}
