import { PermanentError, ShowpadWebhookError } from '@showpad-webhooks/core';
import { describe, expect, test, vi } from 'vitest';
import { deferred, delivery, heldHandler, probe, TYPE } from '../support.ts';

const fail = () => Promise.reject(new Error('The CRM is down.'));
const refuse = () => Promise.reject(new PermanentError('There is no such deal.'));
/** All mocks have the same name, and handlers of a type must not. */
const unnamed = (handlers: readonly (() => unknown)[]) => handlers.map((handler) => () => handler());

describe('a duplicate', () => {
  test('of a completed event is answered with 200 and runs no handler', async () => {
    const handler = vi.fn();
    const { receiver, deliver } = probe({ on: { [TYPE]: handler } });
    expect(await deliver()).toBe('200 handled');
    const receipt = await receiver.receive(delivery());
    expect(receipt).toMatchObject({
      outcome: 'duplicate',
      response: { status: 200 },
      event: { id: 'event-1' },
    });
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('of a running event is answered with 503, so that it comes again if the first one fails', async () => {
    const crm = deferred();
    const handler = vi.fn().mockReturnValueOnce(crm.promise);
    const { receiver, deliver } = probe({ on: { [TYPE]: handler } });
    const first = deliver();
    const { outcome, response, error } = await receiver.receive(delivery());
    expect(outcome).toBe('unavailable');
    expect(response).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
    expect(response.body).toBe('{"outcome":"unavailable","code":"IN_PROGRESS"}');
    expect(error).toMatchObject({
      message: 'Another delivery of this event is still running.',
      hint: 'Showpad will retry, and by then the event is usually handled. If you see this often, your handlers are slow.',
    });
    crm.reject(new Error('The CRM is down.'));
    expect(await first).toBe('500 HANDLER_FAILED');
    expect(await deliver()).toBe('200 handled');
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('of 100 deliveries that come at once runs the handler once', async () => {
    const handler = vi.fn();
    const { deliver } = probe({ on: { [TYPE]: handler } });
    const answers = await Promise.all(Array.from({ length: 100 }, () => deliver()));
    expect(answers.filter((answer) => answer === '200 handled')).toHaveLength(1);
    expect(answers.filter((answer) => /^(200 duplicate|503 IN_PROGRESS)$/.test(answer))).toHaveLength(99);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('is recognized by its id, whatever its signature and timestamp are', async () => {
    const { deliver } = probe({ on: { [TYPE]: () => {} }, keys: ['key-a', 'key-b'] });
    const nowSeconds = Math.floor(Date.now() / 1000);
    expect(await deliver('event-1', { key: 'key-a', timestampSeconds: nowSeconds })).toBe('200 handled');
    expect(await deliver('event-1', { key: 'key-b', timestampSeconds: nowSeconds - 9 })).toBe(
      '200 duplicate',
    );
    expect(await deliver('event-2', { key: 'key-a', timestampSeconds: nowSeconds })).toBe('200 handled');
  });

  test('cannot be made by a forger, so a forger cannot block an id', async () => {
    const { deliver } = probe({ on: { [TYPE]: () => {} } });
    expect(await deliver('event-1', { key: 'a-forged-key' })).toBe('401 SIGNATURE_MISMATCH');
    expect(await deliver('event-1')).toBe('200 handled');
  });

  test('with another body is still a duplicate, and is reported as a conflict in every state', async () => {
    const { handler, run, runs } = heldHandler();
    const { errors, deliver } = probe({ on: { [TYPE]: handler } });
    const codes = () => errors.splice(0).map(({ code }) => code);
    const first = deliver('event-1', { data: 1 });
    await runs.has(1);
    expect(await deliver('event-1', { data: 2 })).toBe('503 IN_PROGRESS');
    expect(errors[0]).toMatchObject({
      message: 'An event id came again with another body.',
      hint: 'The event was treated as a duplicate. Do two senders use the same id?',
    });
    expect(codes()).toEqual(['EVENT_CONFLICT', 'IN_PROGRESS']);
    expect(await deliver('event-1', { data: 1 })).toBe('503 IN_PROGRESS');
    expect(codes()).toEqual(['IN_PROGRESS']);
    run(0).reject(new Error('The CRM is down.'));
    expect(await first).toBe('500 HANDLER_FAILED');
    expect(codes()).toEqual(['HANDLER_FAILED']);
    const retry = deliver('event-1', { data: 2 });
    await runs.has(2);
    expect(codes()).toEqual(['EVENT_CONFLICT']);
    run(1).resolve();
    expect(await retry).toBe('200 handled');
    expect(await deliver('event-1', { data: 3 })).toBe('200 duplicate');
    expect(codes()).toEqual(['EVENT_CONFLICT']);
  });
});

describe('after a failure', () => {
  test('only the handlers that had not succeeded run again, and the failure of one does not stop the others', async () => {
    const handlers = [
      vi.fn(),
      vi.fn().mockImplementationOnce(fail),
      vi.fn(),
      vi.fn().mockImplementationOnce(fail),
    ];
    const { deliver } = probe({ on: { [TYPE]: unnamed(handlers) } });
    const calls = () => handlers.map((handler) => handler.mock.calls.length);
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    expect(calls()).toEqual([1, 1, 1, 1]);
    expect(await deliver()).toBe('200 handled');
    expect(calls()).toEqual([1, 2, 1, 2]);
    expect(await deliver()).toBe('200 duplicate');
    expect(calls()).toEqual([1, 2, 1, 2]);
  });

  test('what succeeded in an earlier attempt stays done in all later ones', async () => {
    const steady = vi.fn();
    const recovering = vi.fn().mockImplementationOnce(fail);
    const failing = vi.fn(fail);
    const { deliver } = probe({ on: { [TYPE]: unnamed([steady, recovering, failing]) } });
    for (let attempt = 1; attempt <= 3; attempt++) expect(await deliver()).toBe('500 HANDLER_FAILED');
    expect([steady, recovering, failing].map((handler) => handler.mock.calls.length)).toEqual([1, 2, 3]);
  });

  test('the attempts are counted', async () => {
    const attempts: number[] = [];
    const { deliver } = probe({
      on: {
        [TYPE]: (_event, { attempt }) => {
          attempts.push(attempt);
          if (attempt < 3) throw new Error('Not yet.');
        },
      },
    });
    for (let attempt = 1; attempt <= 3; attempt++) await deliver();
    expect(attempts).toEqual([1, 2, 3]);
  });

  test('the first failure decides the response, and all others are reported too', async () => {
    const { receiver, errors } = probe();
    receiver
      .on(TYPE, fail, { name: 'crm' })
      .on(TYPE, () => {})
      .on(TYPE, fail, { name: 'mail' });
    const { error } = await receiver.receive(delivery());
    expect(error?.message).toBe(`The handler "crm" for "${TYPE}" threw an error.`);
    expect(error?.cause).toEqual(new Error('The CRM is down.'));
    expect(errors.map(({ message }) => message)).toEqual([
      `The handler "mail" for "${TYPE}" threw an error.`,
      `The handler "crm" for "${TYPE}" threw an error.`,
    ]);
  });
});

describe('a PermanentError', () => {
  test('is answered with 422, fails the delivery and completes the event', async () => {
    const handler = vi.fn(refuse);
    const { errors, rejected, deliver } = probe({ on: { [TYPE]: handler } });
    expect(await deliver()).toBe('422 PERMANENT_FAILURE');
    expect(await deliver()).toBe('200 duplicate');
    expect(handler).toHaveBeenCalledTimes(1);
    expect(errors.map(({ code }) => code)).toEqual(['PERMANENT_FAILURE']);
    expect(rejected).toEqual([]);
  });

  test('does not keep the other handlers from running, and the first one decides', async () => {
    const last = vi.fn();
    const { receiver, errors } = probe();
    receiver.on(TYPE, refuse, { name: 'crm' }).on(TYPE, refuse, { name: 'mail' }).on(TYPE, last);
    const { response, error } = await receiver.receive(delivery());
    expect(response).toMatchObject({ status: 422, body: '{"outcome":"failed","code":"PERMANENT_FAILURE"}' });
    expect(error?.message).toBe(`The handler "crm" for "${TYPE}" threw a PermanentError.`);
    expect(errors.map(({ code }) => code)).toEqual(['PERMANENT_FAILURE', 'PERMANENT_FAILURE']);
    expect(last).toHaveBeenCalledTimes(1);
  });

  test.each(['before', 'after'])(
    '%s a failure leaves the response to the failure, and only the failed handler runs again',
    async (order) => {
      const refusing = vi.fn(refuse);
      const recovering = vi.fn().mockImplementationOnce(fail);
      const handlers = order === 'before' ? [refusing, recovering] : [recovering, refusing];
      const { errors, deliver } = probe({ on: { [TYPE]: unnamed(handlers) } });
      expect(await deliver()).toBe('500 HANDLER_FAILED');
      expect(errors.map(({ code }) => code)).toEqual(['PERMANENT_FAILURE', 'HANDLER_FAILED']);
      expect(await deliver()).toBe('200 handled');
      expect(refusing).toHaveBeenCalledTimes(1);
      expect(recovering).toHaveBeenCalledTimes(2);
    },
  );
});

describe('whatever a handler throws', () => {
  const hostile = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('It was looked at.');
    },
    getPrototypeOf: () => {
      throw new Error('It was looked at.');
    },
  });
  const thrown: [string, unknown][] = [
    ['null', null],
    ['undefined', undefined],
    ['a string', 'no'],
    ['a number', 0],
    ['a frozen error', Object.freeze(new Error('no'))],
    [
      'an error with a status',
      Object.assign(new Error('no'), { status: 404, statusCode: 404, expose: true }),
    ],
    ['an error of this package', new ShowpadWebhookError('SIGNATURE_MISMATCH', 'No.', { hint: 'None.' })],
    ['a proxy that throws when it is looked at', hostile],
  ];

  test.each(thrown)('the response is 500, and the retry runs it again: %s', async (_what, value) => {
    const { receiver, deliver } = probe({
      on: {
        [TYPE]: (_event, { attempt }) => {
          if (attempt === 1) throw value;
        },
      },
    });
    const { response, error } = await receiver.receive(delivery());
    expect(response).toMatchObject({ status: 500, body: '{"outcome":"failed","code":"HANDLER_FAILED"}' });
    expect(Object.is(error?.cause, value)).toBe(true);
    expect(await deliver()).toBe('200 handled');
  });
});
