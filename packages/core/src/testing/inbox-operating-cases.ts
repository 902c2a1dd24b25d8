import assert from 'node:assert/strict';
import type { InboxItem } from '../inbox/types.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { entryOf } from './inbox-store-conformance.ts';
import { type Check, failed, first, permanent, until } from './inbox-subject.ts';

/** What an operator does with an inbox: retries by hand, discarding, purging, lists and health. */
export function operatingCases(check: Check): readonly ConformanceCase[] {
  return [
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

    check('keeps what went wrong in each attempt, also after a retry by hand', async (open) => {
      const { inbox, start, settled, answer } = await open({ maxAttempts: 2 });
      answer(async ({ attempt }) => failed(`Attempt ${attempt} failed.`));
      const beforeMs = Date.now();
      await start();
      await inbox.put(entryOf({}));
      await settled({ dead: 1 });
      answer(async () => failed('It failed again.', 'mail'));
      await inbox.retry({ id: 'event-1' });
      await settled({ dead: 1 }, async () => (await inbox.list()).items[0]?.failures.length === 4);
      const { failures, error } = first((await inbox.list()).items);
      assert.deepEqual(
        failures.map(({ generation, attempt, ...rest }) => [
          generation,
          attempt,
          rest.code,
          rest.message,
          rest.handlerName,
        ]),
        [
          [0, 1, 'HANDLER_FAILED', 'Attempt 1 failed.', 'crm'],
          [0, 2, 'HANDLER_FAILED', 'Attempt 2 failed.', 'crm'],
          [1, 1, 'HANDLER_FAILED', 'It failed again.', 'mail'],
          [1, 2, 'HANDLER_FAILED', 'It failed again.', 'mail'],
        ],
      );
      assert.equal(error?.handlerName, 'mail');
      const times = failures.flatMap(({ startedAtMs, endedAtMs }) => [startedAtMs, endedAtMs]);
      assert.deepEqual(
        times,
        times.toSorted((one, other) => one - other),
      );
      assert.ok(beforeMs <= first(times) && Number(times.at(-1)) <= Date.now(), 'the times are unix time');
    }),

    check('waits as long as a handler asks for', async (open) => {
      const { inbox, start, settled, answer } = await open();
      answer(async ({ attempt }) => (attempt === 1 ? { ...failed(), retryAfterMs: 300 } : undefined));
      await start();
      await inbox.put(entryOf({}));
      await settled({ done: 1 });
      const { failures, settledAtMs } = first((await inbox.list({ state: 'done' })).items);
      // The two times may come from two clocks.
      assert.ok(Number(settledAtMs) - first(failures).endedAtMs > 250);
    }),

    check('keeps the latest 20 failed attempts, and no long texts', async (open) => {
      const { inbox, start, settled, answer } = await open({ maxAttempts: 25 });
      answer(async () => failed('x'.repeat(1_000)));
      await start();
      await inbox.put(entryOf({}));
      await settled({ dead: 1 });
      const { failures } = first((await inbox.list()).items);
      assert.deepEqual(
        failures.map(({ attempt }) => attempt),
        Array.from({ length: 20 }, (_, index) => index + 6),
      );
      for (const { message } of failures) assert.ok(message.length <= 301);
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
          { state: 'dead', eventId: 'event-1' },
          undefined,
        ] as never[]) {
          await assert.rejects(async () => inbox.discard(target), TypeError);
          await assert.rejects(async () => inbox.retry(target), TypeError);
        }
        assert.deepEqual({ ...(await inbox.counts()) }, { pending: 1, leased: 0, done: 0, dead: 0 });
        assert.equal(await inbox.discard({ id: 'event-1' }), 1, 'one that waits can be discarded by its id');
      },
    ),

    check('refuses a misspelt option', async (open) => {
      const { inbox } = await open();
      await inbox.put(entryOf({}));
      await assert.rejects(async () => inbox.list({ stat: 'pending' } as object), TypeError);
      await assert.rejects(async () => inbox.erase(() => true, { dryRun: true } as object), TypeError);
      assert.equal((await inbox.counts()).pending, 1);
    }),

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

    check('notes that a handler is done for what is done or dead, and for nothing else', async (open) => {
      const { inbox, start, jobs, settled, answer } = await open({ keepDoneBodies: true });
      answer(async ({ id }) => (id === 'dead' ? permanent() : undefined));
      await start();
      for (const id of ['done', 'dead']) await inbox.put(entryOf({ id }));
      await settled({ done: 1, dead: 1 });
      for (const id of ['done', 'dead']) {
        assert.deepEqual([await inbox.addDone(id, 'crm'), await inbox.addDone(id, 'mail "x"')], [true, true]);
        assert.deepEqual([...first((await inbox.list({ id })).items).done], ['crm', 'mail "x"']);
      }
      await settled({ done: 1, dead: 1 });
      assert.equal(await inbox.addDone('never seen', 'crm'), false);
      answer(async () => undefined);
      for (const [index, id] of ['dead', 'done'].entries()) {
        await inbox.retry({ id });
        await settled({ done: 2 }, () => jobs.length === 3 + index);
      }
      assert.deepEqual(
        jobs.slice(2).map(({ done }) => [...done]),
        [['crm', 'mail "x"'], []],
        'a retry of what is done runs all handlers',
      );
    }),

    check('does not note that a handler is done for what waits', async (open) => {
      const { inbox } = await open();
      await inbox.put(entryOf({}));
      assert.equal(await inbox.addDone('event-1', 'crm'), false);
      assert.deepEqual([...first((await inbox.list({ id: 'event-1' })).items).done], []);
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

    check('erases what is meant in every state, and knows its events if they come again', async (open) => {
      const { inbox, start, jobs, settled, answer } = await open({
        keepDoneBodies: true,
        backoff: () => 60_000,
      });
      const ofJane = ['waits of jane', 'fails of jane', 'runs of jane', 'dies of jane', 'ends of jane'];
      const all = ofJane.flatMap((id) => [id, id.replace('jane', 'john')]);
      const textOf = (id: string) => `{"email":"${id.slice(-4)}@example.com"}`;
      const put = async (id: string) => {
        const body = new TextEncoder().encode(textOf(id));
        const headers = { 'x-user': id.slice(-4) };
        return inbox.put(entryOf({ id, body, headers, url: `/?user=${id}`, keyLabel: id }));
      };
      let end = () => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      answer(async ({ id }) => {
        if (id.startsWith('runs')) await ended;
        if (id.startsWith('fails') || id.startsWith('waits')) return failed();
        return id.startsWith('dies') ? permanent() : undefined;
      });
      await start();
      for (const id of all) await put(id);
      await settled({ pending: 4, leased: 2, done: 2, dead: 2 });
      const isOfJane = ({ body }: InboxItem) => Buffer.from(body ?? []).includes('jane@');
      const receipt = { pending: 2, leased: 1, done: 1, dead: 1, running: ['runs of jane'] };
      assert.deepEqual(await inbox.erase(isOfJane, { isDryRun: true }), receipt);
      await settled({ pending: 4, leased: 2, done: 2, dead: 2 });

      assert.deepEqual(await inbox.erase(isOfJane), receipt);
      await settled({ pending: 2, leased: 2, done: 5, dead: 1 });
      const erased = (await inbox.list({ state: 'done' })).items.filter((item) => item.isErased);
      assert.deepEqual([erased.length, JSON.stringify(erased).includes('jane')], [4, false]);
      assert.ok(erased.every((item) => item.type === entryOf({}).type && !item.hasBody && !item.error));
      assert.ok(erased.every(({ failures }) => failures.length === 0));
      assert.equal(
        (await inbox.list({ id: first(erased).id })).items[0]?.isErased,
        true,
        'it is found by its listed id',
      );
      for (const id of ['waits of jane', 'dies of jane', 'ends of jane']) {
        assert.equal((await inbox.list({ id })).items[0]?.isErased, true);
        assert.deepEqual(await put(id), { isConflict: false });
        await assert.rejects(async () => inbox.retry({ id }), /keepDoneBodies/);
      }
      assert.equal(jobs.length, all.length, 'no handler runs for what was erased');

      end();
      await settled({ pending: 2, done: 7, dead: 1 });
      const rest = { pending: 0, leased: 0, done: 1, dead: 0, running: [] };
      assert.deepEqual(await inbox.erase(isOfJane), rest, 'what was running then is erased now');
      assert.deepEqual(await inbox.erase(isOfJane), { ...rest, done: 0 });
      const left = await Promise.all(
        (['pending', 'done', 'dead'] as const).map((state) => inbox.list({ state })),
      );
      const ids = left.flatMap(({ items }) => items.filter((item) => !item.isErased).map(({ id }) => id));
      assert.deepEqual(ids.sort(), all.filter((id) => id.endsWith('john')).sort());
    }),

    check('erases what was never handled, and then does not handle it', async (open) => {
      const { inbox, start, jobs, settled } = await open();
      await inbox.put(entryOf({ id: 'waits' }));
      await inbox.put(entryOf({ id: 'waits too' }));
      assert.equal((await inbox.erase(({ id }) => id === 'waits')).pending, 1);
      await settled({ pending: 1, done: 1 });
      await start();
      await settled({ done: 2 });
      assert.deepEqual(
        jobs.map(({ id }) => id),
        ['waits too'],
      );
      await assert.rejects(async () => inbox.erase(() => Promise.reject(new Error('stop'))), /stop/);
      assert.equal((await inbox.erase(({ id }) => id === 'waits too')).done, 1, 'also without its body');
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
      } while (cursor !== undefined && ids.length < 100); // A store that ignores the cursor has no last page.
      assert.deepEqual(ids, ['4', '3', '2', '1', '0']);
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
