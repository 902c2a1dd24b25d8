import {
  type AnyReceiver,
  createReceiver,
  type HandlerContext,
  PermanentError,
} from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { usedBytes } from '../memory.ts';
import { delivery, KEY, probe, TYPE } from '../support.ts';

async function deliverType(receiver: AnyReceiver, type: string): Promise<string> {
  const { response, outcome } = await receiver.receive(signedDelivery(type, { key: KEY, data: {} }));
  return `${response.status} ${outcome}`;
}

describe('on', () => {
  test('runs the handlers of a type one after another, in the order of registration', async () => {
    const calls: string[] = [];
    const slow = (name: string) => async () => {
      calls.push(`${name} begins`);
      await Promise.resolve();
      calls.push(`${name} ends`);
    };
    const { receiver, deliver } = probe();
    receiver
      .on(TYPE, slow('first'), { name: 'first' })
      .onAny(slow('any'))
      .on(TYPE, slow('second'), { name: 'second' });
    expect(await deliver()).toBe('200 handled');
    expect(calls).toEqual([
      'first begins',
      'first ends',
      'any begins',
      'any ends',
      'second begins',
      'second ends',
    ]);
  });

  test('accepts a list of types', async () => {
    const types: string[] = [];
    const { receiver } = probe();
    receiver.on([TYPE, 'COURSE_COMPLETED'], (event) => types.push(event.type));
    for (const type of ['COURSE_COMPLETED', TYPE])
      expect(await deliverType(receiver, type)).toBe('200 handled');
    expect(await deliverType(receiver, 'shared-space-created')).toBe('200 ignored');
    expect(types).toEqual(['COURSE_COMPLETED', TYPE]);
  });

  test('registers once for a type that is in the list twice', async () => {
    const handler = vi.fn();
    const { receiver } = probe();
    receiver.on([TYPE, 'COURSE_COMPLETED', TYPE], handler);
    expect(await deliverType(receiver, TYPE)).toBe('200 handled');
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('registers for none of the types if it rejects one of them', async () => {
    const { receiver } = probe();
    const crm = () => {};
    receiver.on(TYPE, crm);
    expect(() => receiver.on(['COURSE_COMPLETED', TYPE], crm)).toThrow(
      `Two handlers for "${TYPE}" are named "crm".`,
    );
    expect(await deliverType(receiver, 'COURSE_COMPLETED')).toBe('200 ignored');
  });

  test('names a handler by its option, or else by its function, or else by its place', async () => {
    const { receiver, errors, deliver } = probe();
    const fail = () => Promise.reject(new Error('no'));
    receiver
      .on(TYPE, fail)
      .on(TYPE, fail, { name: 'crm' })
      .on(TYPE, () => fail());
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    expect(errors.map(({ message }) => /"(.+?)"/.exec(message)?.[1]).sort()).toEqual(['#3', 'crm', 'fail']);
  });

  test('rejects a second handler of the same name for a type, and says how to fix it', () => {
    const { receiver } = probe();
    const crm = () => {};
    receiver.on(TYPE, crm).on('COURSE_COMPLETED', crm).on(TYPE, crm, { name: 'crm again' });
    const message = (target: string, call: string) =>
      `Two handlers for ${target} are named "crm". Give one of them another name: receiver.${call}handler, { name: '…' }).`;
    expect(() => receiver.on(TYPE, crm)).toThrow(new Error(message(`"${TYPE}"`, `on('${TYPE}', `)));
    receiver.onAny(crm).onUnknown(crm);
    expect(() => receiver.onAny(crm)).toThrow(new Error(message('every event', 'onAny(')));
    expect(() => receiver.onUnknown(crm)).toThrow(new Error(message('unknown events', 'onUnknown(')));
  });

  test.each([undefined, null, 'crm', {}])('rejects %j as a handler', (handler) => {
    const { receiver } = probe();
    for (const register of [
      () => receiver.on(TYPE, handler as never),
      () => receiver.onAny(handler as never),
      () => receiver.onUnknown(handler as never),
    ]) {
      expect(register).toThrow(TypeError);
      expect(register).toThrow(new TypeError(`A handler must be a function, not ${typeof handler}.`));
    }
  });

  test('rejects a handler after the first delivery, whatever became of it', async () => {
    const { receiver, deliver } = probe();
    expect(await deliver('event-1', { key: 'a-forged-key' })).toBe('401 SIGNATURE_MISMATCH');
    for (const register of [
      () => receiver.on(TYPE, () => {}),
      () => receiver.onAny(() => {}),
      () => receiver.onUnknown(() => {}),
    ]) {
      expect(register).toThrow(
        new Error('Register all handlers before start() and before the first delivery.'),
      );
    }
  });
});

describe('the option "on"', () => {
  test('accepts one handler or a list for each type, and they run before those of on()', async () => {
    const calls: string[] = [];
    const { receiver } = probe({
      on: {
        [TYPE]: [() => calls.push('first'), () => calls.push('second')],
        COURSE_COMPLETED: () => calls.push('only'),
      },
    });
    receiver.on(TYPE, () => calls.push('third'));
    await deliverType(receiver, TYPE);
    await deliverType(receiver, 'COURSE_COMPLETED');
    expect(calls).toEqual(['first', 'second', 'third', 'only']);
  });

  test.each([[{ [TYPE]: 'crm' }], [{ [TYPE]: [() => {}, undefined] }]])('rejects %j', (on) => {
    expect(() => createReceiver({ keys: KEY, on: on as never })).toThrow(
      /^A handler must be a function, not (string|undefined)\.$/,
    );
  });
});

describe('onAny and onUnknown', () => {
  test('onAny sees every event, next to the handlers of its type', async () => {
    const seen: string[] = [];
    const { receiver } = probe();
    receiver.onAny((event) => seen.push(`any ${event.type}`)).on(TYPE, () => seen.push('typed'));
    expect(await deliverType(receiver, TYPE)).toBe('200 handled');
    expect(await deliverType(receiver, 'never-heard-of')).toBe('200 handled');
    expect(seen).toEqual([`any ${TYPE}`, 'typed', 'any never-heard-of']);
  });

  test('onUnknown sees events of types without a handler by on, documented or not', async () => {
    const seen: string[] = [];
    const { receiver } = probe();
    receiver.on(TYPE, () => {}).onUnknown((event) => seen.push(event.type));
    for (const type of [TYPE, 'COURSE_COMPLETED', 'never-heard-of']) {
      expect(await deliverType(receiver, type)).toBe('200 handled');
    }
    expect(seen).toEqual(['COURSE_COMPLETED', 'never-heard-of']);
  });

  test('a handler of onAny and one of on may have the same name', async () => {
    const byType = vi.fn().mockRejectedValueOnce(new Error('no'));
    const byAny = vi.fn();
    const { receiver, deliver } = probe();
    receiver.onAny(byAny, { name: 'crm' }).on(TYPE, byType, { name: 'crm' });
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    expect(await deliver()).toBe('200 handled');
    expect(byType).toHaveBeenCalledTimes(2);
    expect(byAny).toHaveBeenCalledTimes(1);
  });

  test('may have several handlers each', async () => {
    const seen: string[] = [];
    const { receiver } = probe();
    receiver.onAny(() => seen.push('any'), { name: 'crm' });
    receiver.onUnknown(() => seen.push('unknown'), { name: 'crm' });
    receiver.onAny(() => seen.push('second any')).onUnknown(() => seen.push('second unknown'));
    expect(await deliverType(receiver, TYPE)).toBe('200 handled');
    expect(seen).toEqual(['any', 'unknown', 'second any', 'second unknown']);
  });

  test('types that a sender makes up take no memory', async () => {
    const receiver = createReceiver({ keys: KEY, ledger: false });
    receiver.onAny(() => {});
    const deliverLong = (index: number) => deliverType(receiver, `${index}`.padEnd(100_000, 'x'));
    await deliverLong(0);
    const before = usedBytes();
    for (let index = 1; index <= 200; index++) await deliverLong(index);
    expect(usedBytes() - before).toBeLessThan(5_000_000);
  });

  test('an event of a type that nobody handles is ignored', async () => {
    expect(await deliverType(createReceiver({ keys: KEY }), TYPE)).toBe('200 ignored');
  });
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'any event', 'unknown events', '*'])(
  'the type %j is a type like any other',
  async (type) => {
    const seen: string[] = [];
    const receiver = createReceiver<Record<string, unknown>>({ keys: KEY });
    receiver.on(type, (event) => seen.push(event.type));
    expect(await deliverType(receiver, type)).toBe('200 handled');
    expect(await deliverType(receiver, TYPE)).toBe('200 ignored');
    expect(seen).toEqual([type]);
    expect(await deliverType(createReceiver({ keys: KEY }), type)).toBe('200 ignored');
  },
);

test('a handler learns everything about the delivery', async () => {
  let context: HandlerContext | undefined;
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const { receiver } = probe({
    name: 'crm',
    keys: [{ label: 'spaces', key: KEY }],
    clock: () => 1_700_000_000_250,
    logger,
    on: {
      [TYPE]: (_event, given) => {
        context = given;
      },
    },
  });
  const request = delivery('event-1', {
    timestampSeconds: 1_699_999_999,
    headers: { 'X-Subscription': 'crm' },
  });
  const headers = { ...request.headers, Repeated: ['a', 'b'], 'x-absent': undefined };
  await receiver.receive({ ...request, headers, url: '/hooks?a=1' });
  expect(context).toMatchObject({
    receiverName: 'crm',
    rawBody: request.body,
    url: '/hooks?a=1',
    receivedAt: new Date(1_700_000_000_250),
    timestampSeconds: 1_699_999_999,
    keyLabel: 'spaces',
    attempt: 1,
    logger,
  });
  expect(context?.headers).toMatchObject({ 'x-subscription': 'crm', repeated: 'a, b' });
  expect(context?.headers).not.toHaveProperty('x-absent');
});

test('the context of a handler has an AbortSignal that is not aborted, and always the same', async () => {
  const signals: AbortSignal[] = [];
  const { deliver } = probe({
    on: { [TYPE]: [(_event, context) => signals.push(context.signal, context.signal)] },
  });
  await deliver();
  expect(signals[0]).toBeInstanceOf(AbortSignal);
  expect(signals[0]).toBe(signals[1]);
  expect(signals[0]?.aborted).toBe(false);
});

test('the context of a handler has a logger, even if the receiver has none', async () => {
  const { deliver } = probe({
    on: {
      [TYPE]: (_event, { logger }) => {
        for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]({}, 'It works.');
      },
    },
  });
  expect(await deliver()).toBe('200 handled');
});

describe('the error of a handler', () => {
  const errorOf = async (thrown: unknown, type: string = TYPE) => {
    const { receiver } = probe();
    receiver.onAny(() => Promise.reject(thrown), { name: 'crm' });
    const { error } = await receiver.receive(signedDelivery(type, { key: KEY, data: {} }));
    return { code: error?.code, message: error?.message, hint: error?.hint, cause: error?.cause };
  };

  test('names the handler and the type, and says what happens next', async () => {
    const cause = new Error('The CRM is down.');
    expect(await errorOf(cause)).toEqual({
      code: 'HANDLER_FAILED',
      message: `The handler "any:crm" for "${TYPE}" threw an error.`,
      hint: 'See error.cause. The handler runs again with the next attempt, unless this was the last one.',
      cause,
    });
  });

  test('names only the type, if the function is named for it', async () => {
    const fail = () => Promise.reject(new Error('The CRM is down.'));
    const { receiver } = probe({ on: { [TYPE]: async () => fail() } });
    const { error } = await receiver.receive(delivery());
    expect(error?.message).toBe(`The handler for "${TYPE}" threw an error.`);
    const named = probe({ on: { [TYPE]: fail } });
    const receipt = await named.receiver.receive(delivery());
    expect(receipt.error?.message).toBe(`The handler "fail" for "${TYPE}" threw an error.`);
  });

  test('names a handler without a name for what it is registered for', async () => {
    const fail = () => Promise.reject(new Error('The CRM is down.'));
    const [any, unknown] = [probe(), probe()];
    any.receiver.onAny(() => fail());
    unknown.receiver.onUnknown(() => fail());
    const messages = await Promise.all(
      [any, unknown].map(async ({ receiver }) => (await receiver.receive(delivery())).error?.message),
    );
    expect(messages).toEqual([
      `The handler "any:any" for "${TYPE}" threw an error.`,
      `The handler "unknown" for "${TYPE}" threw an error.`,
    ]);
  });

  test('says of a PermanentError that no retry comes', async () => {
    const cause = new PermanentError('There is no such deal.');
    expect(await errorOf(cause)).toEqual({
      code: 'PERMANENT_FAILURE',
      message: `The handler "any:crm" for "${TYPE}" threw a PermanentError.`,
      hint: 'So no retry follows, and the event counts as completed. See error.cause.',
      cause,
    });
  });

  test('cuts a type of more than 64 characters', async () => {
    const cause = new Error('The CRM is down.');
    const whole = 'x'.repeat(64);
    expect((await errorOf(cause, whole)).message).toContain(`for "${whole}" threw`);
    expect((await errorOf(cause, `${whole}y`)).message).toContain(`for "${whole}…" threw`);
  });
});
