import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ConformanceCase } from './conformance-case.ts';
import { HOSTILE_IDS } from './hostile-ids.ts';
import { entryOf } from './inbox-store-conformance.ts';
import { type Check, entryIn, failed, first, permanent } from './inbox-subject.ts';

/** What an inbox stores, and how it hands it over: duplicates, attempts, backoff and dead letters. */
export function handlingCases(check: Check): readonly ConformanceCase[] {
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
      const put = (id: string, change: { bodyDigest?: number } = {}) => inbox.put(entryOf({ id, ...change }));
      const another = { bodyDigest: 7 };
      assert.equal(await put('waits'), 'stored');
      assert.deepEqual([await put('waits'), await put('waits', another)], [same, other]);
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
        assert.deepEqual([await put(id), await put(id, another)], [same, other], id);
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
      await settled({ dead: 1 }, () => dead.length > 0);
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
      await settled({ dead: 1 }, () => dead.length > 0);
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
  ];
}
