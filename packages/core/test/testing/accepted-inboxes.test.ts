import { setTimeout as delay } from 'node:timers/promises';
import type { Inbox } from '@showpad-webhooks/core';
import { inboxConformance } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { deferred } from '../support.ts';
import { consuming, inboxesOn, runCase, takesTheLatestFirst } from './faults.ts';

/** Makes inboxes of which the second one, or the first one, is in another way than a good one. */
function oneOfTwo(which: number, change: (good: Inbox) => Partial<Inbox>): ReturnType<typeof inboxesOn> {
  const create = inboxesOn();
  let count = 0;
  return (options) => {
    const good = create(options);
    return count++ === which ? { ...good, ...change(good) } : good;
  };
}

describe('inboxConformance accepts an inbox that', () => {
  test.each([
    'gives an entry up after the last attempt, and says so once',
    'gives up at once what is refused for good',
  ])('says a moment later that an entry is dead: %s', async (name) => {
    const late = consuming((to) => ({ onDead: (...args) => void setTimeout(() => to.onDead(...args), 50) }));
    await runCase(inboxConformance(inboxesOn(undefined, late)), name);
  });

  test.each([
    'retries the dead by hand, without the handlers that are done',
    'keeps what went wrong in each attempt, also after a retry by hand',
    'retries what is done by hand, with all its handlers, if it keeps the bodies',
    'notes that a handler is done for what is done or dead, and for nothing else',
  ])('retries a moment later: %s', async (name) => {
    const create = inboxesOn(undefined, (good) => ({
      async retry(target) {
        const { items } = await good.list(target);
        setImmediate(() => void good.retry(target));
        return items.length;
      },
    }));
    await runCase(inboxConformance(create), name);
  });

  test('deletes the body of what is done a moment later', async () => {
    let looks = 0;
    const create = inboxesOn((good) => ({
      async list(query) {
        const page = await good.list(query);
        if (query.id === undefined || ++looks > 3) return page;
        const body = Buffer.from('{}');
        return { ...page, items: page.items.map((item) => ({ ...item, hasBody: true, body })) };
      },
    }));
    const name = 'deletes the body of what is done, and refuses to retry it without its body';
    await runCase(inboxConformance(create), name);
  });

  test('hands an entry over again when its slow handler has ended', async () => {
    const twice = consuming((to) => ({ process: (job) => to.process(job).then(() => to.process(job)) }));
    const name = 'never runs a slow handler twice at once while its process holds the entry';
    await runCase(inboxConformance(inboxesOn(undefined, twice)), name);
  });

  test.each([
    'stops when what runs is done, and leaves the rest to the next',
    'aborts what still runs after the timeout, and stops all the same',
  ])('takes a moment to hand an entry over: %s', async (name) => {
    const slow = consuming((to) => ({ process: (job) => delay(50).then(() => to.process(job)) }));
    await runCase(inboxConformance(inboxesOn(undefined, slow)), name);
  });

  test('tells how far behind it is by the arrival of the event that waits longest', async () => {
    const create = inboxesOn(undefined, (good) => ({
      async health() {
        const longest = (await good.list({ state: 'pending' })).items.at(-1);
        const lagMs = longest ? Date.now() - longest.receivedAtMs : 0;
        return { ...(await good.health()), lagMs };
      },
    }));
    await runCase(inboxConformance(create), 'tells how far behind it is');
  });

  test('keeps the order only if one event is handled at a time', async () => {
    const [ordered, disordered] = [inboxesOn(), inboxesOn(takesTheLatestFirst)];
    const cases = inboxConformance((options) => (options.concurrency === 1 ? ordered : disordered)(options));
    await runCase(cases, 'keeps the order of arrival with a concurrency of 1');
  });

  test.each([0, 1])(
    'hands an entry to the other one of two that are started: not to number %i',
    async (which) => {
      const cases = inboxConformance(oneOfTwo(which, () => ({ start: async () => {} })));
      await runCase(cases, 'keeps an entry for a holder that takes longer than its lease');
    },
  );

  test('is started by the second one of two that start it at once', async () => {
    const isStarted = deferred();
    let count = 0;
    const create = inboxesOn(undefined, (good) => ({
      async start(to) {
        if (++count === 1) await isStarted.promise;
        await good.start(to);
        isStarted.resolve();
      },
    }));
    await runCase(inboxConformance(create), 'is started by one of two receivers that start it at once');
    expect(count).toBe(2);
  });
});
