import { getEventListeners } from 'node:events';
import { type Inbox, PermanentError, parseEvent, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import { createStoreInbox, type InboxFailure, type StoreHealth } from '@showpad-webhooks/core/inbox';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';
import {
  deferred,
  delivery,
  heldHandler,
  journal,
  KEY,
  memoryLogger,
  type ProbeOptions,
  probe,
  probeWithLetters,
  settled,
  startTime,
  stopTime,
  TYPE,
} from '../support.ts';
import { watchedInbox } from './watched-inbox.ts';

afterEach(startTime);

const retryAtOnce = { backoff: () => 0 };
const NOTHING = { pending: 0, leased: 0, done: 0, dead: 0 };
const crmIsDown = new Error('The CRM is down.');
const codesOf = (errors: readonly { readonly code: string }[]) => errors.map(({ code }) => code);

/** A probe whose dead letters a test can wait for. */
function probeWithJournal(options: ProbeOptions) {
  const made = probe(options);
  const letters = journal<Parameters<Parameters<typeof made.receiver.onDeadLetter>[0]>[0]>();
  made.receiver.onDeadLetter(letters.add);
  return { ...made, letters };
}

describe('a delivery to a receiver with an inbox', () => {
  test('is stored and answered with 202, and handled from there', async () => {
    const { inbox, outcomes } = watchedInbox();
    const handler = vi.fn();
    const { receiver, deliver } = probe({ inbox, on: { [TYPE]: handler } });
    await receiver.start();
    const sent = delivery();
    const { outcome, response, event } = await receiver.receive({ ...sent, url: '/webhooks' });
    expect([outcome, response.status, event?.id]).toEqual(['queued', 202, 'event-1']);
    expect(response.body).toBe('{"outcome":"queued"}');
    await outcomes.has(1);
    expect(handler).toHaveBeenCalledTimes(1);
    const [handled, context] = handler.mock.calls[0] ?? [];
    expect(handled).toEqual(parseEvent(sent.body));
    expect(context).toMatchObject({
      receiverName: 'default',
      attempt: 1,
      url: '/webhooks',
      keyLabel: undefined,
      receivedAt: expect.any(Date),
      timestampSeconds: Number(sent.headers[TIMESTAMP_HEADER]),
    });
    expect(Buffer.from(context.rawBody)).toEqual(Buffer.from(sent.body));
    expect(context.headers['content-type']).toBe('application/json');
    expect(await deliver()).toBe('200 duplicate');
    await receiver.close();
  });

  test('is stored with everything that is known of it', async () => {
    stopTime();
    const { inbox } = watchedInbox({ name: 'crm' });
    const { receiver } = probe({ inbox, keys: { label: 'spaces', key: KEY } });
    expect(receiver.name).toBe('crm');
    const sent = delivery('event-1', { headers: { 'X-Extra': 'a' } });
    await receiver.receive({ ...sent, url: '/webhooks?a=b' });
    const { items } = await inbox.list({ id: 'event-1' });
    expect(items).toEqual([
      {
        id: 'event-1',
        type: TYPE,
        body: Uint8Array.from(sent.body),
        bodyBytes: sent.body.byteLength,
        bodyDigest: expect.any(Number),
        method: 'POST',
        url: '/webhooks?a=b',
        headers: { ...lowerCase(sent.headers) },
        timestampSeconds: Number(sent.headers[TIMESTAMP_HEADER]),
        keyLabel: 'spaces',
        receivedAtMs: Date.now(),
        dueAtMs: Date.now(),
        state: 'pending',
        attempt: 0,
        generation: 0,
        hasBody: true,
        done: [],
        failures: [],
        error: undefined,
      },
    ]);
  });

  test('is a duplicate in every state, and with another body it is reported', async () => {
    const inbox = createMemoryInbox();
    const { receiver, deliver, errors } = probe({ inbox });
    expect(await deliver()).toBe('202 queued');
    expect(await deliver()).toBe('200 duplicate');
    expect(await deliver('event-1', { data: {} })).toBe('200 duplicate');
    expect(codesOf(errors)).toEqual(['EVENT_CONFLICT']);
    await receiver.close();
  });

  test('is stored even if no handler wants its type, and is done at once', async () => {
    const { inbox, outcomes } = watchedInbox();
    const { receiver, deliver } = probe({ inbox, on: { 'shared-space-created': () => {} } });
    await receiver.start();
    expect(await deliver()).toBe('202 queued');
    expect(await outcomes.has(1)).toMatchObject([{ state: 'done' }]);
    await receiver.close();
  });

  test('is answered with 503 before start(), unless there is nothing to start', async () => {
    const { receiver, deliver, errors } = probe({ inbox: createMemoryInbox(), on: { [TYPE]: () => {} } });
    expect(await deliver()).toBe('503 INBOX_FAILED');
    expect(errors).toMatchObject([
      {
        message: 'The receiver has an inbox, and start() was not called.',
        hint: 'Call receiver.start() when all handlers are registered.',
      },
    ]);
    await receiver.start();
    expect(await deliver()).toBe('202 queued');
    await receiver.close();
  });

  test('that is forged is never stored', async () => {
    const inbox = createMemoryInbox();
    expect(await probe({ inbox }).deliver('event-1', { key: 'guessed' })).toBe('401 SIGNATURE_MISMATCH');
    expect(await inbox.counts()).toEqual(NOTHING);
  });

  test('by GET has the same generated id in the inbox, in every attempt and in the dead letter', async () => {
    const { inbox, outcomes } = watchedInbox({ ...retryAtOnce, maxAttempts: 2 });
    const ids: string[] = [];
    const { receiver, letters } = probeWithJournal({ inbox, methods: ['GET'] });
    receiver.on(TYPE, (event) => {
      ids.push(event.id);
      throw crmIsDown;
    });
    await receiver.start();
    const get = signedDelivery({ body: '' }, { key: KEY, method: 'GET' });
    const { event } = await receiver.receive({ ...get, url: `/hook?type=${TYPE}` });
    await outcomes.has(2);
    const [letter] = await letters.has(1);
    const [item] = (await inbox.list()).items;
    expect(ids).toHaveLength(2);
    expect(new Set([...ids, event?.id, letter?.event?.id])).toEqual(new Set([item?.id]));
    await receiver.close();
  });
});

describe('an authentic delivery that is not an event', () => {
  const BODIES = [
    ['', 'BODY_INVALID'],
    ['not JSON', 'BODY_INVALID'],
    ['{"id":"1"}', 'EVENT_INVALID'],
    ['{"type":"t"}', 'EVENT_INVALID'],
  ] as const;

  test.each(BODIES)('is kept as dead, and goes to onDeadLetter: %j', async (body, code) => {
    const inbox = createMemoryInbox();
    const { receiver, rejected, letters } = probeWithLetters({ inbox });
    const { outcome, response, error } = await receiver.receive(signedDelivery({ body }, { key: KEY }));
    expect([outcome, response.status, error]).toEqual(['queued', 202, undefined]);
    expect(codesOf(rejected)).toEqual([code]);
    const { items } = await inbox.list();
    expect(items).toMatchObject([
      {
        id: expect.stringMatching(/^invalid:[0-9a-f-]{36}$/),
        state: 'dead',
        type: '',
        error: { code, message: rejected[0]?.message },
      },
    ]);
    expect(letters).toMatchObject([{ reason: 'invalid', error: rejected[0] }]);
    expect(Buffer.from(letters[0]?.rawBody ?? []).toString()).toBe(body);
  });

  test('is kept each time it comes, because it has no id', async () => {
    const inbox = createMemoryInbox();
    const { receiver } = probe({ inbox });
    const request = signedDelivery({ body: 'not JSON' }, { key: KEY });
    for (let count = 0; count < 2; count++) await receiver.receive(request);
    expect(await inbox.counts()).toEqual({ ...NOTHING, dead: 2 });
  });

  test('is answered with 202 even if a listener fails, because the inbox has kept it', async () => {
    const inbox = createMemoryInbox();
    const { receiver, errors } = probe({ inbox });
    receiver.onDeadLetter(() => Promise.reject(new Error('The disk is full.')));
    const { outcome } = await receiver.receive(signedDelivery({ body: 'not JSON' }, { key: KEY }));
    expect(outcome).toBe('queued');
    expect(errors).toMatchObject([{ message: 'A dead letter could not be kept.' }]);
  });

  test.each(['', 'not JSON'])(
    'stays dead if it is retried, and is reported and goes to onDeadLetter again: %j',
    async (body) => {
      const { inbox, outcomes } = watchedInbox();
      const { receiver, rejected, letters } = probeWithJournal({ inbox, on: { [TYPE]: () => {} } });
      await receiver.start();
      await receiver.receive(signedDelivery({ body }, { key: KEY }));
      await inbox.retry({ state: 'dead' });
      expect(await outcomes.has(1)).toMatchObject([{ state: 'dead', error: { code: 'BODY_INVALID' } }]);
      expect(await letters.has(2)).toMatchObject([
        { reason: 'invalid' },
        { reason: 'invalid', event: undefined },
      ]);
      expect(codesOf(rejected)).toEqual(['BODY_INVALID', 'BODY_INVALID']);
      await receiver.close();
    },
  );

  test('is answered with 503 if the inbox cannot keep it, and goes to nobody', async () => {
    const inbox = { ...createMemoryInbox(), put: () => Promise.reject(new Error('The disk is full.')) };
    const { receiver, letters, rejected, errors } = probeWithLetters({ inbox });
    const { response } = await receiver.receive(signedDelivery({ body: 'not JSON' }, { key: KEY }));
    expect(response.status).toBe(503);
    expect([letters, rejected]).toEqual([[], []]);
    expect(codesOf(errors)).toEqual(['INBOX_FAILED']);
  });
});

describe('an inbox whose put', () => {
  const troubles: [string, () => Promise<never>][] = [
    [
      'throws',
      () => {
        throw new Error('The disk is full.');
      },
    ],
    ['rejects', () => Promise.reject(new Error('The disk is full.'))],
    ['hangs', () => new Promise<never>(() => {})],
  ];
  test.each(troubles)('%s is answered with 503 in time, so that Showpad tries again', async (_how, put) => {
    stopTime();
    const { deliver, errors } = probe({ inbox: { ...createMemoryInbox(), put } });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await answer).toBe('503 INBOX_FAILED');
    expect(errors).toMatchObject([
      {
        code: 'INBOX_FAILED',
        message: 'The inbox failed at "put".',
        hint: 'It threw an error or took longer than 2500 ms: see error.cause. Can its server or its file be reached?',
        cause: expect.any(Error),
      },
    ]);
  });
});

describe('handlers of an inbox', () => {
  test('that failed run again, and those that had succeeded do not', async () => {
    const { inbox, outcomes } = watchedInbox(retryAtOnce);
    const [crm, last] = [vi.fn(), vi.fn()];
    const attempts: number[] = [];
    const mail = vi.fn(async (_event: unknown, { attempt }: { attempt: number }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error('The mail server is down.');
    });
    const { receiver, deliver, errors } = probe({ inbox });
    for (const [name, handler] of Object.entries({ crm, mail, last })) receiver.on(TYPE, handler, { name });
    await receiver.start();
    await deliver();
    expect((await outcomes.has(3)).map(({ state }) => state)).toEqual(['pending', 'pending', 'done']);
    expect(attempts).toEqual([1, 2, 3]);
    expect([crm, last].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    expect(codesOf(errors)).toEqual(['HANDLER_FAILED', 'HANDLER_FAILED']);
    await receiver.close();
  });

  test('note each handler that is done, except for the last one of a clean run', async () => {
    const store = createMemoryInboxStore();
    const notes: unknown[] = [];
    const { inbox, outcomes } = watchedInbox(retryAtOnce, {
      ...store,
      checkpoint(holding, update) {
        notes.push([holding.id, update.handlerName]);
        return store.checkpoint(holding, update);
      },
    });
    const { receiver, deliver } = probe({ inbox });
    const crm = (event: { readonly id: string }, { attempt }: { readonly attempt: number }) => {
      if (event.id === 'fails once' && attempt === 1) throw crmIsDown;
    };
    receiver.on(TYPE, crm).on(TYPE, () => {}, { name: 'mail' });
    await receiver.start();
    await deliver('clean');
    await outcomes.has(1);
    expect(notes).toEqual([['clean', 'crm']]);
    await deliver('fails once');
    await outcomes.has(3);
    expect(notes.slice(1)).toEqual([['fails once', 'mail']]);
    await receiver.close();
  });

  test('that never succeed end as a dead letter with the exact bytes', async () => {
    const { inbox, outcomes } = watchedInbox({ ...retryAtOnce, maxAttempts: 2 });
    const { receiver, deliver, letters } = probeWithJournal({ inbox });
    receiver.on(TYPE, () => Promise.reject(crmIsDown), { name: 'crm' });
    await receiver.start();
    await deliver();
    expect(await letters.has(1)).toMatchObject([
      {
        reason: 'attempts-exhausted',
        attempt: 2,
        event: { id: 'event-1' },
        receiverName: 'default',
        error: { cause: crmIsDown },
      },
    ]);
    expect(Buffer.from(letters.entries[0]?.rawBody ?? [])).toEqual(delivery().body);
    expect(outcomes.entries.map(({ state }) => state)).toEqual(['pending', 'dead']);
    const [item] = (await inbox.list()).items;
    expect(item?.error).toEqual({
      code: 'HANDLER_FAILED',
      message: `The handler "crm" for "${TYPE}" threw an error. The CRM is down.`,
      handlerName: 'crm',
    });
    await receiver.close();
  });

  test('leave at most 1,000 characters of an error in the inbox', async () => {
    const { inbox, outcomes } = watchedInbox({ maxAttempts: 1 });
    const { receiver, deliver } = probe({ inbox });
    receiver.on(TYPE, () => Promise.reject(new Error('x'.repeat(2_000))), { name: 'crm' });
    await receiver.start();
    await deliver();
    await outcomes.has(1);
    const message = (await inbox.list()).items[0]?.error?.message;
    expect(message).toMatch(/^The handler "crm" for "shared-space-user-added" threw an error\. x+…$/);
    expect(message).toHaveLength(1_001);
    await receiver.close();
  });

  test('that throw something else than an error leave its text in the inbox', async () => {
    const { inbox, outcomes } = watchedInbox({ maxAttempts: 1 });
    const { receiver, deliver } = probe({ inbox });
    receiver.on(TYPE, () => Promise.reject('gone'), { name: 'crm' });
    await receiver.start();
    await deliver();
    await outcomes.has(1);
    expect((await inbox.list()).items[0]?.error?.message).toMatch(/ threw an error\. gone$/);
    await receiver.close();
  });

  test('that throw a PermanentError end as a dead letter, after all the others are done', async () => {
    const { inbox } = watchedInbox(retryAtOnce);
    const runs: string[] = [];
    const { receiver, deliver, letters } = probeWithJournal({
      inbox,
      on: { [TYPE]: [refuse, failOnce, succeed] },
    });
    function refuse() {
      runs.push('refuse');
      throw new PermanentError('There is no such deal.');
    }
    function failOnce(_event: unknown, { attempt }: { attempt: number }) {
      runs.push('failOnce');
      if (attempt === 1) throw crmIsDown;
    }
    function succeed() {
      runs.push('succeed');
    }
    await receiver.start();
    await deliver();
    expect(await letters.has(1)).toMatchObject([{ reason: 'permanent', attempt: 2 }]);
    expect(runs).toEqual(['refuse', 'failOnce', 'succeed', 'refuse', 'failOnce']);
    // After it is retried by hand, only the handler runs that had thrown the PermanentError.
    await inbox.retry({ state: 'dead' });
    await letters.has(2);
    expect(runs.slice(5)).toEqual(['refuse']);
    await receiver.close();
  });

  test('report a dead letter that no listener could keep', async () => {
    const { inbox } = watchedInbox({ maxAttempts: 1 });
    const errors = journal<{ readonly message: string }>();
    const { receiver, deliver } = probe({ inbox, on: { [TYPE]: () => Promise.reject(crmIsDown) } });
    receiver.onError(errors.add).onDeadLetter(() => Promise.reject(new Error('The disk is full.')));
    await receiver.start();
    await deliver();
    expect(await errors.has(2)).toMatchObject([
      { code: 'HANDLER_FAILED' },
      { code: 'HANDLER_FAILED', message: 'A dead letter could not be kept.' },
    ]);
    await receiver.close();
  });

  test('stop if another process has taken the entry over', async () => {
    const { handler, runs } = heldHandler();
    const processed = deferred<InboxFailure | undefined>();
    const memory = createMemoryInbox();
    const inbox: Inbox = {
      ...memory,
      start: (consumer) =>
        memory.start({
          ...consumer,
          async process(job) {
            processed.resolve(await consumer.process({ ...job, checkpoint: () => false }));
            return undefined;
          },
        }),
    };
    const { receiver, deliver, errors } = probe({ inbox });
    receiver.on(TYPE, () => {}, { name: 'crm' }).on(TYPE, handler, { name: 'mail' });
    await receiver.start();
    await deliver();
    // Whatever the inbox does with the result, it must not take the entry for done: one handler has not run.
    expect(await processed.promise).toMatchObject({ error: { code: 'IN_PROGRESS' }, isFinal: false });
    expect(runs.entries).toEqual([]);
    expect(errors[0]).toMatchObject({
      code: 'INBOX_FAILED',
      message: 'The inbox did not accept "checkpoint", because another process has taken the event over.',
      hint: 'This process was too late. Do handlers block the event loop, or was the process paused?',
    });
    await receiver.close();
  });

  test('go on if the inbox cannot note that one is done', async () => {
    const { inbox, outcomes } = watchedInbox(undefined, {
      checkpoint: () => Promise.reject(new Error('The disk is full.')),
    });
    const last = vi.fn();
    const { receiver, deliver, errors } = probe({ inbox, on: { [TYPE]: [async function first() {}, last] } });
    await receiver.start();
    await deliver();
    expect(await outcomes.has(1)).toMatchObject([{ state: 'done' }]);
    expect(last).toHaveBeenCalledTimes(1);
    expect(errors).toMatchObject([{ code: 'INBOX_FAILED', message: 'The inbox failed at "checkpoint".' }]);
    await receiver.close();
  });

  test('get a signal that aborts if another process takes the entry over', async () => {
    const { handler, run, runs } = heldHandler();
    const controller = new AbortController();
    const memory = createMemoryInbox();
    const inbox: Inbox = {
      ...memory,
      start: (consumer) =>
        memory.start({
          ...consumer,
          process: (job) => consumer.process({ ...job, signal: controller.signal }),
        }),
    };
    const { receiver, deliver } = probe({ inbox, on: { [TYPE]: handler } });
    await receiver.start();
    await deliver();
    await runs.has(1);
    expect(run(0).context.signal.aborted).toBe(false);
    controller.abort();
    expect(run(0).context.signal.aborted).toBe(true);
    run(0).resolve();
    await receiver.close();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('leave no listener on a signal that never aborts', async () => {
    const processed = deferred<AbortSignal>();
    const memory = createMemoryInbox();
    const inbox: Inbox = {
      ...memory,
      start: (consumer) =>
        memory.start({
          ...consumer,
          async process(job) {
            const failure = await consumer.process(job);
            processed.resolve(job.signal);
            return failure;
          },
        }),
    };
    const { receiver, deliver } = probe({ inbox, on: { [TYPE]: () => {} } });
    await receiver.start();
    await deliver();
    expect(getEventListeners(await processed.promise, 'abort')).toEqual([]);
    await receiver.close();
  });

  test('write one log line per attempt, without payload or secret', async () => {
    const { logger, lines } = memoryLogger();
    const { inbox, outcomes } = watchedInbox(retryAtOnce);
    const { receiver, deliver } = probe({ inbox, logger });
    receiver.on(TYPE, (_event, { attempt }) => {
      if (attempt === 1) throw crmIsDown;
    });
    await receiver.start();
    await deliver();
    await outcomes.has(2);
    expect(lines.map(({ outcome, status, attempt, code }) => [outcome, status, attempt, code])).toEqual([
      ['queued', 202, undefined, undefined],
      ['failed', undefined, 1, 'HANDLER_FAILED'],
      ['handled', undefined, 2, undefined],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/kent\.cook|core-test-key/);
    await receiver.close();
  });

  test('validate with schemas, as often as they run', async () => {
    const { inbox, outcomes } = watchedInbox({ ...retryAtOnce, maxAttempts: 2 });
    const validate = vi.fn(() => ({ issues: [{ message: 'No.' }] }));
    const schemas = { [TYPE]: { '~standard': { version: 1 as const, vendor: 'test', validate } } };
    const { receiver, deliver, errors } = probe({ inbox, schemas, on: { [TYPE]: () => {} } });
    await receiver.start();
    await deliver();
    await outcomes.has(2);
    expect(validate).toHaveBeenCalledTimes(2);
    expect(errors[0]?.message).toBe(`The event does not fit schemas["${TYPE}"].`);
    await receiver.close();
  });
});

describe('an event of an inbox', () => {
  test('that ended the process in every attempt becomes a dead letter, and no handler runs', async () => {
    const { inbox, outcomes, store } = watchedInbox({ maxAttempts: 2 });
    const handler = vi.fn();
    const { receiver, deliver, letters, errors } = probeWithJournal({ inbox });
    await deliver();
    for (const ms of [0, 1]) {
      await store.claim({ limit: 1, leaseMs: -10, nowMs: Date.now() + ms, exceptIds: [] });
    }
    const other = createStoreInbox(store, { maxAttempts: 2 });
    const worker = probeWithJournal({ inbox: other, on: { [TYPE]: handler } });
    await worker.receiver.start();
    expect(await outcomes.has(1)).toMatchObject([
      {
        state: 'dead',
        error: { code: 'HANDLER_FAILED', message: 'The process ended during each of 2 attempts.' },
      },
    ]);
    expect(await worker.letters.has(1)).toMatchObject([{ reason: 'attempts-exhausted', attempt: 3 }]);
    expect(worker.errors).toMatchObject([
      {
        hint: 'A handler ends or blocks the process. Fix it, and then retry the event by hand.',
      },
    ]);
    expect(handler).not.toHaveBeenCalled();
    expect([letters.entries, errors]).toEqual([[], []]);
    await worker.receiver.close();
    await receiver.close();
  });

  test('that the inbox hands over twice at once runs once', async () => {
    const { handler, run, runs, mostAtOnce } = heldHandler();
    const twice = deferred<InboxFailure | undefined>();
    const memory = createMemoryInbox();
    const inbox: Inbox = {
      ...memory,
      start: (consumer) =>
        memory.start({
          ...consumer,
          async process(job) {
            const first = consumer.process(job);
            await runs.has(1);
            twice.resolve(await consumer.process(job));
            return first;
          },
        }),
    };
    const { receiver, deliver } = probe({ inbox, on: { [TYPE]: handler } });
    await receiver.start();
    await deliver();
    expect(await twice.promise).toMatchObject({ error: { code: 'IN_PROGRESS' }, isFinal: false });
    run(0).resolve();
    await receiver.close();
    expect(mostAtOnce()).toBe(1);
    expect(await memory.counts()).toEqual({ ...NOTHING, done: 1 });
  });
});

test('what the inbox could not do in the background goes to onError, without a delivery', async () => {
  const memory = createMemoryInbox();
  const inbox: Inbox = {
    ...memory,
    async start(consumer) {
      await memory.start(consumer);
      consumer.onError('purge', new Error('The disk is full.'));
    },
  };
  const heard: unknown[] = [];
  const { receiver } = probe({ inbox, on: { [TYPE]: () => {} } });
  receiver.onError((error, info) => heard.push([error.code, error.message, String(error.cause), info]));
  await receiver.start();
  expect(heard).toEqual([
    [
      'INBOX_FAILED',
      'The inbox failed at "purge".',
      'Error: The disk is full.',
      {
        receiverName: 'default',
        method: undefined,
        url: undefined,
        keyLabel: undefined,
        event: undefined,
        attempt: undefined,
      },
    ],
  ]);
  await receiver.close();
});

describe('start', () => {
  test('can be called again if it failed', async () => {
    const inbox = createMemoryInbox();
    const start = vi.fn(inbox.start).mockRejectedValueOnce(new Error('There is no connection.'));
    const { receiver, deliver } = probe({ inbox: { ...inbox, start }, on: { [TYPE]: () => {} } });
    await expect(receiver.start()).rejects.toThrow('There is no connection.');
    expect(await deliver()).toBe('503 INBOX_FAILED');
    await Promise.all([receiver.start(), receiver.start()]);
    expect(start).toHaveBeenCalledTimes(2);
    await receiver.close();
  });

  test('rejects if the inbox throws', async () => {
    const start = () => {
      throw new Error('There is no connection.');
    };
    const { receiver } = probe({ inbox: { ...createMemoryInbox(), start }, on: { [TYPE]: () => {} } });
    await expect(receiver.start()).rejects.toThrow('There is no connection.');
  });

  test('comes after all handlers', async () => {
    const { receiver } = probe({ inbox: createMemoryInbox() });
    await receiver.start();
    expect(() => receiver.on(TYPE, () => {})).toThrow(
      new Error('Register all handlers before start() and before the first delivery.'),
    );
    await receiver.close();
  });

  test('without an inbox does nothing', async () => {
    const { receiver, deliver } = probe({ on: { [TYPE]: () => {} } });
    await receiver.start();
    expect(await deliver()).toBe('200 handled');
  });

  test.each(['one after the other', 'at once'])('of two receivers with one inbox fails, %s', async (how) => {
    const inbox = createMemoryInbox();
    const on = { [TYPE]: () => {} };
    const [one, other] = [probe({ inbox, on }), probe({ inbox, on })];
    const starts = [one.receiver.start()];
    if (how === 'one after the other') await starts[0];
    starts.push(other.receiver.start());
    const results = await Promise.allSettled(starts);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      {
        status: 'rejected',
        reason: {
          message: 'The inbox "default" is started already. Give each receiver an inbox of its own.',
        },
      },
    ]);
    await one.receiver.close();
  });

  test('after close leaves no timer', async () => {
    stopTime();
    const { receiver } = probe({ inbox: createMemoryInbox(), on: { [TYPE]: () => {} } });
    await receiver.close();
    await expect(receiver.start()).rejects.toThrow(new Error('The inbox "default" is closed.'));
    await settled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that is still going on when close is called leaves no timer', async () => {
    stopTime();
    const health = deferred<StoreHealth>();
    const { inbox } = watchedInbox(undefined, { health: () => health.promise });
    const { receiver } = probe({ inbox, on: { [TYPE]: () => {} } });
    const starting = expect(receiver.start()).rejects.toThrow(new Error('The inbox "default" is closed.'));
    await receiver.close();
    health.resolve({ isWritable: true, problems: [] });
    await starting;
    await settled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
