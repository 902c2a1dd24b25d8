import { PermanentError, type Telemetry } from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { deferred, delivery, journal, memoryLogger, probe, TYPE } from '../support.ts';

const boom = new Error('The tracer is broken.');

const plain: Telemetry = {
  aroundDelivery: ({ receive }) => receive(),
  aroundHandler: ({ run }) => run(),
};

/** Ways in which telemetry can break around something that it should do once. */
const BROKEN: readonly (readonly [string, (run: () => Promise<unknown>) => Promise<unknown>])[] = [
  [
    'throws before it',
    () => {
      throw boom;
    },
  ],
  ['rejects before it', () => Promise.reject(boom)],
  [
    'throws while it is going on',
    (run) => {
      void run();
      throw boom;
    },
  ],
  [
    'rejects after it',
    async (run) => {
      await run();
      throw boom;
    },
  ],
  [
    'rejects after it failed, with another error',
    async (run) => {
      await run().catch(() => {});
      throw boom;
    },
  ],
];

/** Telemetry that misuses what it gets, without throwing anything. */
const CARELESS: readonly (readonly [string, (run: () => Promise<unknown>) => Promise<unknown>])[] = [
  ['never does it', async () => {}],
  ['does not wait for it', async (run) => void run()],
  ['does it twice', (run) => Promise.all([run(), run()])],
  ['does it twice, one after the other', async (run) => run().then(run)],
  ['does it and returns something else', (run) => run().then(() => 'something else')],
  ['does it and keeps its error to itself', (run) => run().catch(() => {})],
  [
    'does it later',
    async (run) => {
      await Promise.resolve();
      return run();
    },
  ],
];

describe('telemetry', () => {
  test('runs around each delivery and each run of a handler', async () => {
    const calls: string[] = [];
    const telemetry: Telemetry = {
      async aroundDelivery({ receiverName, request, receive }) {
        calls.push(`delivery to ${receiverName}`);
        const headers = { ...(request.headers as Record<string, string>), 'x-trace': 'abc' };
        const receipt = await receive({ ...request, headers });
        calls.push(`response ${receipt.response.status}`);
      },
      async aroundHandler({ handlerName, event, context, isFromInbox, run }) {
        calls.push(`${handlerName} of ${event.id} with ${context.headers['x-trace']}, ${isFromInbox}`);
        const result = await run().catch((error: Error) => error);
        calls.push(`${handlerName} ended`);
        if (result instanceof Error) throw result;
      },
    };
    const { deliver, receiver } = probe({ name: 'crm', telemetry });
    let isDown = true;
    receiver.on(TYPE, function updateCrm() {
      calls.push('handling');
      if (isDown) throw new Error('The CRM is down.');
    });
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    isDown = false;
    expect(await deliver()).toBe('200 handled');
    const run = ['delivery to crm', 'updateCrm of event-1 with abc, false', 'handling', 'updateCrm ended'];
    expect(calls).toEqual([...run, 'response 500', ...run, 'response 200']);
  });

  test('adds headers that come through an inbox to its handlers', async () => {
    const seen = journal<unknown>();
    const telemetry: Telemetry = {
      aroundDelivery: ({ request, receive }) =>
        receive({ ...request, headers: { ...(request.headers as object), 'x-trace': 'abc' } }),
      aroundHandler: ({ context, isFromInbox, run }) => {
        seen.add([context.headers['x-trace'], isFromInbox]);
        return run();
      },
    };
    const { deliver, receiver } = probe({ inbox: createMemoryInbox(), telemetry });
    receiver.on(TYPE, () => seen.add('handled'));
    await receiver.start();
    expect(await deliver()).toBe('202 queued');
    expect(await seen.has(2)).toEqual([['abc', true], 'handled']);
    await receiver.close();
  });
});

describe('receive() resolves to the receipt, and the handler runs once, if telemetry around the delivery', () => {
  const unhandled = vi.fn();
  afterEach(() => {
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test.each(BROKEN)('%s', async (_how, around) => {
    process.on('unhandledRejection', unhandled);
    const { logger, lines } = memoryLogger();
    const handler = vi.fn();
    const { deliver } = probe({
      logger,
      telemetry: { ...plain, aroundDelivery: ({ receive }) => around(receive) },
      on: { [TYPE]: handler },
    });
    expect(await deliver()).toBe('200 handled');
    expect(handler).toHaveBeenCalledTimes(1);
    expect(lines.filter(({ level }) => level === 50)).toMatchObject([
      {
        receiverName: 'default',
        err: { message: 'The tracer is broken.' },
        msg: 'The telemetry of a Showpad webhook receiver failed.',
      },
    ]);
  });

  test.each(CARELESS)('%s', async (_how, around) => {
    process.on('unhandledRejection', unhandled);
    const { logger, lines } = memoryLogger();
    const handler = vi.fn();
    const { deliver } = probe({
      logger,
      telemetry: { ...plain, aroundDelivery: ({ receive }) => around(receive) },
      on: { [TYPE]: handler },
    });
    expect(await deliver()).toBe('200 handled');
    expect(handler).toHaveBeenCalledTimes(1);
    expect(lines.map(({ outcome }) => outcome)).toEqual(['handled']);
  });

  test('changes the request and then breaks', async () => {
    const seen: unknown[] = [];
    const telemetry: Telemetry = {
      ...plain,
      async aroundDelivery({ request, receive }) {
        await receive({ ...request, url: '/changed' });
        throw boom;
      },
    };
    const { receiver } = probe({ telemetry, on: { [TYPE]: (_event, { url }) => seen.push(url) } });
    expect((await receiver.receive({ ...delivery(), url: '/original' })).outcome).toBe('handled');
    expect(seen).toEqual(['/changed']);
  });

  test('throws, and nobody logs it', async () => {
    const { deliver } = probe({
      telemetry: { ...plain, aroundDelivery: () => Promise.reject(boom) },
      on: { [TYPE]: () => {} },
    });
    expect(await deliver()).toBe('200 handled');
  });
});

describe('the handler runs once, and what becomes of it counts, if telemetry around the handler', () => {
  const ENDS: readonly (readonly [string, () => unknown])[] = [
    ['200 handled', () => {}],
    ['500 HANDLER_FAILED', () => Promise.reject(new Error('The CRM is down.'))],
    ['422 PERMANENT_FAILURE', () => Promise.reject(new PermanentError('There is no such deal.'))],
  ];
  const combine = (ways: typeof BROKEN) =>
    ways.flatMap(([how, around]) => ENDS.map(([answer, end]) => ({ how, around, answer, end })));

  test.each(combine(BROKEN))('$how: $answer', async ({ around, answer, end }) => {
    const { logger, lines } = memoryLogger();
    const handler = vi.fn(end);
    const { deliver } = probe({
      logger,
      telemetry: { ...plain, aroundHandler: ({ run }) => around(run) },
      on: { [TYPE]: handler },
    });
    expect(await deliver()).toBe(answer);
    expect(handler).toHaveBeenCalledTimes(1);
    const complaints = lines.filter(({ msg }) => String(msg).includes('telemetry'));
    // If the handler fails first, "rejects after it" passes on the error of the handler and never throws its own.
    const isOwnError = around === BROKEN[3]?.[1] && answer !== '200 handled';
    expect(complaints.map(({ err }) => (err as Error).message)).toEqual(
      isOwnError ? [] : ['The tracer is broken.'],
    );
  });

  test.each(combine(CARELESS))('$how: $answer', async ({ around, answer, end }) => {
    const { logger, lines } = memoryLogger();
    const handler = vi.fn(end);
    const { deliver } = probe({
      logger,
      telemetry: { ...plain, aroundHandler: ({ run }) => around(run) },
      on: { [TYPE]: handler },
    });
    expect(await deliver()).toBe(answer);
    expect(handler).toHaveBeenCalledTimes(1);
    expect(lines.filter(({ msg }) => String(msg).includes('telemetry'))).toEqual([]);
  });

  test('breaks while the handler still runs: the response waits for the handler', async () => {
    const end = deferred();
    const started = deferred();
    const handler = vi.fn(() => {
      started.resolve();
      return end.promise;
    });
    const telemetry: Telemetry = {
      ...plain,
      aroundHandler({ run }) {
        void run();
        throw boom;
      },
    };
    const { deliver } = probe({ telemetry, on: { [TYPE]: handler } });
    const answer = deliver();
    await started.promise;
    expect(await deliver()).toBe('503 IN_PROGRESS');
    end.resolve();
    expect(await answer).toBe('200 handled');
    expect(handler).toHaveBeenCalledTimes(1);
  });
});
