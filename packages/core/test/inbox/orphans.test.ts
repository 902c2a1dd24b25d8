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
      `There is no handler any more for 1 stored event of type "${OTHER}".`,
      `There is no handler any more for 2 stored events of type "${TYPE}".`,
    ]);
    expect(errors.map(({ hint }) => hint)).toContain(
      'Events that were never tried count as handled now. The others become dead letters. If you removed the handler by ' +
        'mistake, register it again: ' +
        `receiver.on("${TYPE}", handler).`,
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
        message: `The handler "crm" is done for 2 stored events of type "${TYPE}", and there is no handler of this name any more.`,
        hint:
          'If you renamed the handler, it runs again for these events. If you removed the handler by mistake, register it ' +
          'again: ' +
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
        msg: `There is no handler any more for 2 stored events of type "${TYPE}".`,
      },
    ]);
  });

  test('and looks at no more than 5,000 of them', async () => {
    const store = createMemoryInboxStore();
    const list = vi.fn(store.list);
    for (let number = 0; number < 5_001; number++) {
      const entry = {
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
      };
      await store.put(entry, { nowMs: 0 });
    }
    const { receiver, errors } = probe({ inbox: watchedInbox(undefined, { ...store, list }).inbox });
    receiver.on(OTHER, () => {});
    await receiver.start();
    expect(errors[0]?.message).toMatch(/ for at least 5000 stored events of type /);
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
        message: `There is no handler any more for "${TYPE}".`,
      },
    }),
  );
  expect(errors.map(({ hint }) => hint)).toContain(
    'Register it again, or discard the entry. It is retried until its attempts are over.',
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
    const problems = ['Redis is down.', 'Its replica is, too.'];
    const health = vi.fn(async () => ({ isReachable: false, lagMs: 0, problems }));
    const { receiver, errors } = probe({ inbox: { ...memory, health } });
    await expect(receiver.start()).rejects.toThrow(new Error('Redis is down. Its replica is, too.'));
    health.mockResolvedValue({ isReachable: true, lagMs: 0, problems: ['Redis may lose a second.'] });
    await receiver.start();
    expect(errors).toMatchObject([
      {
        code: 'INBOX_FAILED',
        message: 'The inbox reports a problem. Redis may lose a second.',
        hint: 'Until it is fixed, health() lists it too.',
        cause: new Error('Redis may lose a second.'),
      },
    ]);
    await receiver.close();
  });
});
