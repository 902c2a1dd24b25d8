import {
  createMemoryLedger,
  createReceiver,
  type Inbox,
  PermanentError,
  parseEvent,
} from '@showpad-webhooks/core';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { deferred, delivery, KEY, memoryLogger, probe, probeWithLetters, stopTime, TYPE } from './support.ts';

const retryAtOnce = { backoffMs: () => 0 };

/** Resolves when the inbox holds this many entries of a state. */
function holds(inbox: Inbox, state: 'done' | 'dead' | 'pending', count = 1): Promise<void> {
  return vi.waitFor(async () => expect((await inbox.counts())[state]).toBe(count), { interval: 1 });
}

describe('a delivery to a receiver with an inbox', () => {
  test('is stored and answered 202, and handled from there', async () => {
    const inbox = createMemoryInbox();
    const handler = vi.fn();
    const { receiver, deliver } = probe({ inbox, on: { [TYPE]: handler } });
    await receiver.start();
    const sent = delivery();
    const { outcome, response, event } = await receiver.receive({ ...sent, url: '/webhooks' });
    expect([outcome, response.status, event?.id]).toEqual(['queued', 202, 'event-1']);
    expect(response.body).toBe('{"outcome":"queued"}');
    await holds(inbox, 'done');
    expect(handler).toHaveBeenCalledTimes(1);
    const [handled, context] = handler.mock.calls[0] ?? [];
    expect(handled).toEqual(parseEvent(sent.body));
    expect(context).toMatchObject({
      receiver: 'default',
      attempt: 1,
      url: '/webhooks',
      keyLabel: undefined,
      receivedAt: expect.any(Date),
      timestampSeconds: Number(sent.headers['x-showpad-signature-timestamp']),
    });
    expect(Buffer.from(context.rawBody)).toEqual(Buffer.from(sent.body));
    expect(context.headers['content-type']).toBe('application/json');
    expect(await deliver()).toBe('200 duplicate');
    await receiver.close();
  });

  test('comes again as a duplicate in every state, and with another body is reported', async () => {
    const inbox = createMemoryInbox();
    const { receiver, deliver, errors } = probe({ inbox });
    expect(await deliver()).toBe('202 queued');
    expect(await deliver()).toBe('200 duplicate');
    expect(await deliver('event-1', { data: {} })).toBe('200 duplicate');
    expect(errors.map(({ code }) => code)).toEqual(['EVENT_CONFLICT']);
    await receiver.close();
  });

  test('is stored even where no handler wants its type, and is done at once', async () => {
    const inbox = createMemoryInbox();
    const { receiver, deliver } = probe({ inbox, on: { 'shared-space-created': () => {} } });
    await receiver.start();
    expect(await deliver()).toBe('202 queued');
    await holds(inbox, 'done');
    await receiver.close();
  });

  test('is answered 503 before start(), unless there is nothing to start', async () => {
    const { receiver, deliver, errors } = probe({ inbox: createMemoryInbox(), on: { [TYPE]: () => {} } });
    expect(await deliver()).toBe('503 INBOX_FAILED');
    expect(errors[0]?.message).toBe('the receiver has an inbox and was not started');
    await receiver.start();
    expect(await deliver()).toBe('202 queued');
    await receiver.close();
  });

  test('that is forged is never stored', async () => {
    const inbox = createMemoryInbox();
    expect(await probe({ inbox }).deliver('event-1', { key: 'guessed' })).toBe('401 SIGNATURE_MISMATCH');
    expect(await inbox.counts()).toEqual({ pending: 0, leased: 0, done: 0, dead: 0 });
  });

  test.each(['', 'no JSON', '{"id":"1"}', '{"type":"t"}'])(
    'that is no event (%j) is kept as dead',
    async (body) => {
      const inbox = createMemoryInbox();
      const { receiver, rejected, letters } = probeWithLetters({ inbox });
      const { outcome, response } = await receiver.receive(signedDelivery(Buffer.from(body), { key: KEY }));
      expect([outcome, response.status]).toEqual(['queued', 202]);
      const { items } = await inbox.list();
      expect(items).toMatchObject([{ state: 'dead', type: '', error: { code: rejected[0]?.code } }]);
      expect(letters).toMatchObject([{ reason: 'invalid', error: rejected[0] }]);
      expect(Buffer.from(letters[0]?.rawBody ?? []).toString()).toBe(body);
    },
  );
});

describe('an inbox whose put', () => {
  const troubles: [string, () => Promise<never>][] = [
    ['throws', () => Promise.reject(new Error('the disk is full'))],
    ['hangs', () => new Promise<never>(() => {})],
  ];
  test.each(troubles)('%s is answered 503 in time, so that Showpad tries again', async (_how, put) => {
    stopTime();
    const { deliver, errors } = probe({ inbox: { ...createMemoryInbox(), put } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await answer).toBe('503 INBOX_FAILED');
    expect(errors).toMatchObject([{ message: "the inbox's put failed", cause: expect.any(Error) }]);
    vi.useRealTimers();
  });
});

describe('handlers of an inbox', () => {
  test('that failed run again, and those that had succeeded do not', async () => {
    const inbox = createMemoryInbox(retryAtOnce);
    const crm = vi.fn();
    const attempts: number[] = [];
    const mail = vi.fn(async (_event: unknown, { attempt }: { attempt: number }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error('the mail server is down');
    });
    const last = vi.fn();
    const { receiver, deliver, errors } = probe({ inbox });
    for (const [name, handler] of Object.entries({ crm, mail, last })) receiver.on(TYPE, handler, { name });
    await receiver.start();
    await deliver();
    await holds(inbox, 'done');
    expect(attempts).toEqual([1, 2, 3]);
    expect([crm, last].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    expect(errors.map(({ code }) => code)).toEqual(['HANDLER_FAILED', 'HANDLER_FAILED']);
    await receiver.close();
  });

  test('that never succeed end as a dead letter, with the bytes', async () => {
    const inbox = createMemoryInbox({ ...retryAtOnce, maxAttempts: 2 });
    const { receiver, deliver, letters } = probeWithLetters({
      inbox,
      on: { [TYPE]: () => Promise.reject(new Error('the CRM is down')) },
    });
    await receiver.start();
    await deliver();
    await vi.waitFor(() => expect(letters).toHaveLength(1));
    expect(letters).toMatchObject([{ reason: 'attempts-exhausted', attempt: 2, event: { id: 'event-1' } }]);
    const [item] = (await inbox.list()).items;
    expect(item?.error?.message).toMatch(
      /failed on an event of type "shared-space-user-added": the CRM is down$/,
    );
    await receiver.close();
  });

  test('that refuse for good end as a dead letter, once all the others are done', async () => {
    const inbox = createMemoryInbox(retryAtOnce);
    const runs: string[] = [];
    const { receiver, deliver, letters } = probeWithLetters({
      inbox,
      on: { [TYPE]: [refuse, failOnce, succeed] },
    });
    function refuse() {
      runs.push('refuse');
      throw new PermanentError('no such deal');
    }
    function failOnce(_event: unknown, { attempt }: { attempt: number }) {
      runs.push('failOnce');
      if (attempt === 1) throw new Error('the CRM is down');
    }
    function succeed() {
      runs.push('succeed');
    }
    await receiver.start();
    await deliver();
    await vi.waitFor(() => expect(letters).toHaveLength(1));
    expect(letters).toMatchObject([{ reason: 'permanent', attempt: 2 }]);
    expect(runs).toEqual(['refuse', 'failOnce', 'succeed', 'refuse', 'failOnce']);
    // Mended, and retried by hand, just the one that refused runs.
    await inbox.retry({ state: 'dead' });
    await vi.waitFor(() => expect(letters).toHaveLength(2));
    expect(runs.slice(5)).toEqual(['refuse']);
    await receiver.close();
  });

  test('that take too long are aborted, and tried again', async () => {
    const inbox = createMemoryInbox(retryAtOnce);
    const aborted: boolean[] = [];
    const { receiver, deliver, errors } = probe({ inbox, handlerTimeoutMs: 5 });
    receiver.on(TYPE, async (_event, { attempt, signal }) => {
      if (attempt > 1) return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      aborted.push(signal.aborted);
    });
    await receiver.start();
    await deliver();
    await holds(inbox, 'done');
    expect(aborted).toEqual([true]);
    expect(errors[0]).toMatchObject({
      code: 'IN_PROGRESS',
      message: 'the handlers were still running after 5 ms',
    });
    await receiver.close();
  });

  test('stop when the entry is another holder’s', async () => {
    const handler = vi.fn();
    let processed: unknown;
    const memory = createMemoryInbox();
    const inbox: Inbox = {
      ...memory,
      start: (consumer) =>
        memory.start({
          ...consumer,
          async process(job) {
            processed = await consumer.process({ ...job, checkpoint: () => false });
            return undefined;
          },
        }),
    };
    const { receiver, deliver, errors } = probe({ inbox, on: { [TYPE]: [() => {}, handler] } });
    await receiver.start();
    await deliver();
    await holds(inbox, 'done');
    expect(handler).not.toHaveBeenCalled();
    expect(processed).toMatchObject({ code: 'IN_PROGRESS' });
    expect(errors[0]).toMatchObject({
      code: 'INBOX_FAILED',
      message: "the inbox's checkpoint came too late",
    });
    await receiver.close();
  });

  test('write one log line per attempt, without payload or secret', async () => {
    const { logger, lines } = memoryLogger();
    const inbox = createMemoryInbox(retryAtOnce);
    const { receiver, deliver } = probe({ inbox, logger });
    receiver.on(TYPE, (_event, { attempt }) => {
      if (attempt === 1) throw new Error('down');
    });
    await receiver.start();
    await deliver();
    await holds(inbox, 'done');
    await vi.waitFor(() => expect(lines).toHaveLength(3));
    expect(lines.map(({ outcome, status, attempt, code }) => [outcome, status, attempt, code])).toEqual([
      ['queued', 202, undefined, undefined],
      ['failed', undefined, 1, 'HANDLER_FAILED'],
      ['handled', undefined, 2, undefined],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/kent\.cook|core-test-key/);
    await receiver.close();
  });
});

test('what the inbox could not do in the background goes to onError, without a delivery', async () => {
  const memory = createMemoryInbox();
  const inbox: Inbox = {
    ...memory,
    async start(consumer) {
      await memory.start(consumer);
      consumer.onTrouble('purge', new Error('the disk is full'));
    },
  };
  const told: unknown[] = [];
  const { receiver } = probe({ inbox });
  receiver.onError((error, info) => told.push([error.code, error.message, String(error.cause), info.method]));
  await receiver.start();
  await vi.waitFor(() =>
    expect(told).toEqual([
      ['INBOX_FAILED', "the inbox's purge failed", 'Error: the disk is full', undefined],
    ]),
  );
  await receiver.close();
});

describe('start and close', () => {
  test('a start that fails can be tried again', async () => {
    const inbox = createMemoryInbox();
    const start = vi.fn(inbox.start).mockRejectedValueOnce(new Error('no connection'));
    const { receiver } = probe({ inbox: { ...inbox, start } });
    await expect(receiver.start()).rejects.toThrow('no connection');
    await Promise.all([receiver.start(), receiver.start()]);
    expect(start).toHaveBeenCalledTimes(2);
    await receiver.close();
  });

  test('no handler can come after start()', async () => {
    const { receiver } = probe({ inbox: createMemoryInbox() });
    await receiver.start();
    expect(() => receiver.on(TYPE, () => {})).toThrow('register handlers before start()');
    await receiver.close();
  });

  test('start() without an inbox does nothing', async () => {
    const { receiver, deliver } = probe({ on: { [TYPE]: () => {} } });
    await receiver.start();
    expect(await deliver()).toBe('200 handled');
  });

  test('one inbox serves one receiver', async () => {
    const inbox = createMemoryInbox();
    const [one, other] = [probe({ inbox }), probe({ inbox })];
    await one.receiver.start();
    await expect(other.receiver.start()).rejects.toThrow('the inbox "default" is started already');
    await one.receiver.close();
  });

  test('close() waits for the handlers at work, and takes no new event from the inbox', async () => {
    const inbox = createMemoryInbox({ concurrency: 1 });
    const held = deferred();
    const handler = vi.fn(() => held.promise);
    const { receiver, deliver } = probe({ inbox, on: { [TYPE]: handler } });
    await receiver.start();
    await deliver('1');
    await deliver('2');
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(1));
    const closing = receiver.close();
    expect(await deliver('3')).toBe('503 CLOSED');
    held.resolve();
    await closing;
    expect(handler).toHaveBeenCalledTimes(1);
    expect(await inbox.counts()).toMatchObject({ pending: 1, done: 1 });
  });
});

describe('options', () => {
  test('refuse an inbox of another name, since it would hand its entries to another receiver', () => {
    const inbox = createMemoryInbox({ name: 'crm' });
    expect(() => createReceiver({ keys: KEY, inbox })).toThrow(
      'an inbox "crm" for a receiver "default": give both one name.',
    );
  });

  test('refuse a ledger beside an inbox', () => {
    const options = { keys: KEY, inbox: createMemoryInbox() };
    expect(() => createReceiver({ ...options, ledger: createMemoryLedger() })).toThrow(
      'pass a ledger or an inbox',
    );
    expect(() => createReceiver({ ...options, ledger: false })).not.toThrow();
  });

  test.each(['maxAttempts', 'concurrency', 'leaseMs', 'keepDoneMs', 'keepDeadMs', 'pollMs'] as const)(
    '%s must be above 0',
    (option) => {
      expect(() => createMemoryInbox({ [option]: 0 })).toThrow(`${option} must be a number above 0, not 0.`);
    },
  );
});
