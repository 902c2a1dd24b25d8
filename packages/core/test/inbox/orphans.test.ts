import { createMemoryInbox, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';
import { deferred, delivery, KEY, memoryLogger, probe, settled, TYPE } from '../support.ts';
import { watchedInbox } from './watched-inbox.ts';

const fail = () => Promise.reject(new Error('The CRM is down.'));
const OTHER = 'shared-space-created';

/** What an older version of the app has left in the inbox: two events of one type and one of another. */
async function storedEvents() {
  const store = createMemoryInboxStore();
  const { receiver } = probe({ inbox: watchedInbox(undefined, store).inbox });
  for (const id of ['event-1', 'event-2']) await receiver.receive(delivery(id));
  await receiver.receive(signedDelivery({ ...sampleEvent(OTHER), id: 'event-3' }, { key: KEY }));
  await receiver.close();
  return store;
}

/** Runs a version of the app in which a handler is done and another one failed, until the attempt is over. */
async function attemptOnce(store: ReturnType<typeof createMemoryInboxStore>, crm: string) {
  const { inbox, outcomes } = watchedInbox({ backoff: () => 0 }, store);
  const { receiver } = probe({ inbox });
  const failed = deferred();
  receiver.on(TYPE, () => {}, { name: crm });
  receiver.on(TYPE, fail, { name: 'mail' });
  receiver.on(OTHER, () => {});
  receiver.onError(() => failed.resolve());
  await receiver.start();
  await failed.promise;
  await receiver.close();
  await settled();
  return outcomes;
}

describe('start() reports entries that wait for a handler that does not exist any more', () => {
  test('with the number of them for each type, and the fix', async () => {
    const store = await storedEvents();
    const { receiver, errors } = probe({ inbox: watchedInbox(undefined, store).inbox });
    receiver.on('COURSE_COMPLETED', () => {});
    await receiver.start();
    expect(errors.map(({ message }) => message).sort()).toEqual([
      `No handler is registered for "${OTHER}", but the inbox still has 1 event of this type to handle.`,
      `No handler is registered for "${TYPE}", but the inbox still has 2 events of this type to handle.`,
    ]);
    expect(errors.map(({ hint }) => hint)).toContain(
      'Events that no handler has tried yet count as handled now, and the others end as dead letters. Was the handler removed ' +
        `by mistake? Register it again: receiver.on("${TYPE}", handler).`,
    );
    await receiver.close();
  });

  test('if the handler that is done for them has no or another name now', async () => {
    const store = await storedEvents();
    await attemptOnce(store, 'crm');
    const { receiver, errors } = probe({ inbox: watchedInbox(undefined, store).inbox });
    receiver
      .on(TYPE, () => {}, { name: 'hubspot' })
      .on(TYPE, () => {}, { name: 'mail' })
      .on(OTHER, () => {});
    await receiver.start();
    expect(errors).toMatchObject([
      {
        code: 'INBOX_FAILED',
        message: `The inbox has 2 events of type "${TYPE}" for which the handler "crm" is done, and no handler has this name now.`,
        hint:
          'If you renamed the handler, it runs for them again. Was that a mistake? Give it its name again: ' +
          `receiver.on("${TYPE}", handler, { name: "crm" }).`,
      },
    ]);
    await receiver.close();
  });

  test('in the log, if there is a logger', async () => {
    const { logger, lines } = memoryLogger();
    const { receiver } = probe({ inbox: watchedInbox(undefined, await storedEvents()).inbox, logger });
    receiver.on(OTHER, () => {});
    await receiver.start();
    await receiver.close();
    expect(lines.filter(({ level }) => level === 50)).toMatchObject([
      {
        receiverName: 'default',
        msg: `No handler is registered for "${TYPE}", but the inbox still has 2 events of this type to handle.`,
      },
    ]);
  });

  test('and looks at no more than 5,000 of them', async () => {
    const store = createMemoryInboxStore();
    const list = vi.fn(store.list);
    for (let number = 0; number < 5_001; number++) {
      await store.put({
        id: `event-${number}`,
        type: TYPE,
        body: Buffer.from('{}'),
        bodyDigest: 1,
        method: 'POST',
        url: undefined,
        headers: {},
        timestampSeconds: 1,
        keyLabel: undefined,
        receivedAtMs: number,
        error: undefined,
      });
    }
    const { receiver, errors } = probe({ inbox: watchedInbox(undefined, { ...store, list }).inbox });
    receiver.on(OTHER, () => {});
    await receiver.start();
    expect(errors[0]?.message).toMatch(/ still has at least 5000 events of this type to handle\.$/);
    expect(list).toHaveBeenCalledTimes(11);
    await receiver.close();
  });

  test('but says nothing if every entry has its handlers', async () => {
    const store = await storedEvents();
    await attemptOnce(store, 'crm');
    const { receiver, errors } = probe({ inbox: watchedInbox(undefined, store).inbox });
    receiver
      .on(TYPE, () => {}, { name: 'crm' })
      .on(TYPE, () => {}, { name: 'mail' })
      .on(OTHER, () => {});
    await receiver.start();
    expect(errors).toEqual([]);
    await receiver.close();
  });

  test('and starts even if they cannot be listed', async () => {
    const list = () => Promise.reject(new Error('The disk is slow.'));
    const { inbox } = watchedInbox(undefined, { list });
    const { receiver, deliver, errors } = probe({ inbox, on: { [TYPE]: () => {} } });
    await receiver.start();
    expect(await deliver()).toBe('202 queued');
    expect(errors).toEqual([]);
    await receiver.close();
  });
});

test('an entry whose handler failed before it was removed ends as a dead letter, and not as handled', async () => {
  const store = await storedEvents();
  await attemptOnce(store, 'crm');
  const { inbox, outcomes } = watchedInbox({ backoff: () => 0, maxAttempts: 3 }, store);
  const { receiver, errors } = probe({ inbox, on: { [OTHER]: () => {} } });
  await receiver.start();
  await vi.waitFor(async () => expect((await inbox.counts()).dead).toBe(2));
  expect(outcomes.entries).toContainEqual(
    expect.objectContaining({
      state: 'dead',
      error: {
        code: 'HANDLER_FAILED',
        message: `An earlier attempt failed, and no handler is registered for "${TYPE}" now.`,
      },
    }),
  );
  expect(errors.map(({ hint }) => hint)).toContain(
    'Register the handler again, or discard the entry. It is tried again until its attempts are over.',
  );
  await receiver.close();
});

describe('start() of a receiver without handlers', () => {
  test('takes nothing from the inbox, because another process handles it', async () => {
    const { inbox } = watchedInbox(undefined, await storedEvents());
    const { receiver, deliver, errors } = probe({ inbox });
    await receiver.start();
    expect(await deliver('event-4')).toBe('202 queued');
    await settled();
    expect(await inbox.counts()).toEqual({ pending: 4, leased: 0, done: 0, dead: 0 });
    expect((await receiver.health()).isReady).toBe(true);
    expect(errors).toEqual([]);
    await receiver.close();
  });

  test('rejects if the inbox cannot be reached, and reports what is not durable', async () => {
    const memory = createMemoryInbox();
    const health = vi.fn(async () => ({ isReachable: false, lagMs: 0, problems: ['Redis is down.'] }));
    const { receiver, errors } = probe({ inbox: { ...memory, health } });
    await expect(receiver.start()).rejects.toThrow(new Error('Redis is down.'));
    health.mockResolvedValue({ isReachable: true, lagMs: 0, problems: ['Redis may lose a second.'] });
    await receiver.start();
    expect(errors).toMatchObject([{ code: 'INBOX_FAILED', cause: new Error('Redis may lose a second.') }]);
    await receiver.close();
  });
});
