import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConformanceCase } from './conformance-case.ts';
import { entryOf } from './inbox-store-conformance.ts';
import { blockEventLoop, type Check, first, until } from './inbox-subject.ts';

/** How many jobs of an inbox run at once, in what order, with several consumers, and until it is closed. */
export function sharingCases(check: Check): readonly ConformanceCase[] {
  return [
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
      // A machine that is busy for a second must not make a holder late.
      const leaseMs = 1_500;
      const [one, other] = [await open({ leaseMs }), await open({ leaseMs })];
      for (const { answer } of [one, other]) {
        answer(async () => {
          await delay(2 * leaseMs);
          return undefined;
        });
      }
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
  ];
}
