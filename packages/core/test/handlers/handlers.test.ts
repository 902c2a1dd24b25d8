import {
  createReceiver,
  type HandlerContext,
  type Receipt,
  type WebhookRequest,
} from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { delivery, KEY, probe, TYPE } from './support.ts';

interface AnyReceiver {
  receive(request: WebhookRequest): Promise<Pick<Receipt, 'response' | 'outcome'>>;
}

async function deliverType(receiver: AnyReceiver, type: string): Promise<string> {
  const { response, outcome } = await receiver.receive(signedDelivery(type, { key: KEY }));
  return `${response.status} ${outcome}`;
}

describe('on', () => {
  test('runs the handlers of a type one after another, in the order registered', async () => {
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

  test('takes a list of types', async () => {
    const types: string[] = [];
    const { receiver } = probe();
    receiver.on([TYPE, 'COURSE_COMPLETED'], (event) => types.push(event.type));
    for (const type of ['COURSE_COMPLETED', TYPE])
      expect(await deliverType(receiver, type)).toBe('200 handled');
    expect(await deliverType(receiver, 'shared-space-created')).toBe('200 ignored');
    expect(types).toEqual(['COURSE_COMPLETED', TYPE]);
  });

  test('takes a type that a list names twice once', async () => {
    const handler = vi.fn();
    const { receiver } = probe();
    receiver.on([TYPE, 'COURSE_COMPLETED', TYPE], handler);
    expect(await deliverType(receiver, TYPE)).toBe('200 handled');
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('registers for none of the types where one of the list is refused', async () => {
    const { receiver } = probe();
    const crm = () => {};
    receiver.on(TYPE, crm);
    expect(() => receiver.on(['COURSE_COMPLETED', TYPE], crm)).toThrow(/two handlers/);
    expect(await deliverType(receiver, 'COURSE_COMPLETED')).toBe('200 ignored');
  });

  test('names a handler as told, else by its function, else by its place', async () => {
    const { receiver, errors, deliver } = probe();
    const fail = () => Promise.reject(new Error('no'));
    receiver
      .on(TYPE, fail)
      .on(TYPE, fail, { name: 'crm' })
      .on(TYPE, () => fail());
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    expect(errors.map(({ message }) => /"(.+?)"/.exec(message)?.[1]).sort()).toEqual(['#3', 'crm', 'fail']);
  });

  test('refuses a second handler of one name for one type, and says how to mend it', () => {
    const { receiver } = probe();
    const crm = () => {};
    receiver.on(TYPE, crm).on('COURSE_COMPLETED', crm).on(TYPE, crm, { name: 'crm again' });
    expect(() => receiver.on(TYPE, crm)).toThrow(
      `two handlers for ${TYPE} are named "crm": give one { name: '…' }.`,
    );
    receiver.onAny(crm).onUnknown(crm);
    expect(() => receiver.onAny(crm)).toThrow(/are named "crm": give one \{ name/);
    expect(() => receiver.onUnknown(crm)).toThrow(/are named "crm": give one \{ name/);
  });

  test.each([undefined, null, 'crm', {}])('refuses %j as a handler', (handler) => {
    const { receiver } = probe();
    for (const register of [
      () => receiver.on(TYPE, handler as never),
      () => receiver.onAny(handler as never),
      () => receiver.onUnknown(handler as never),
    ]) {
      expect(register).toThrow(TypeError);
      expect(register).toThrow(`a handler must be a function, not ${typeof handler}.`);
    }
  });

  test('refuses a handler after the first delivery, whatever came of that', async () => {
    const { receiver, deliver } = probe();
    expect(await deliver('event-1', { key: 'a-forged-key' })).toBe('401 SIGNATURE_MISMATCH');
    for (const register of [
      () => receiver.on(TYPE, () => {}),
      () => receiver.onAny(() => {}),
      () => receiver.onUnknown(() => {}),
    ]) {
      expect(register).toThrow('register handlers before start() and the first delivery.');
    }
  });
});

describe('the option "on"', () => {
  test('takes one handler or a list for each type, before those of on()', async () => {
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

  test.each([[{ [TYPE]: 'crm' }], [{ [TYPE]: [() => {}, undefined] }]])('refuses %j', (on) => {
    expect(() => createReceiver({ keys: KEY, on: on as never })).toThrow(/a handler must be a function/);
  });
});

describe('onAny and onUnknown', () => {
  test('onAny sees every event, beside the handlers of its type', async () => {
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

  test('remembers a handler by onAny apart from one of the same name by on', async () => {
    const byType = vi.fn().mockRejectedValueOnce(new Error('no'));
    const byAny = vi.fn();
    const { receiver, deliver } = probe();
    receiver.onAny(byAny, { name: 'crm' }).on(TYPE, byType, { name: 'crm' });
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    expect(await deliver()).toBe('200 handled');
    expect(byType).toHaveBeenCalledTimes(2);
    expect(byAny).toHaveBeenCalledTimes(1);
  });

  test('answers 200 ignored where nobody handles the type', async () => {
    expect(await deliverType(createReceiver({ keys: KEY }), TYPE)).toBe('200 ignored');
  });
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'any event', 'unknown events', '*'])(
  'takes the type %j as any other',
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

test('tells a handler all about the delivery', async () => {
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
    receiver: 'crm',
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
  expect(context?.signal.aborted).toBe(false);
  expect(context?.signal).toBe(context?.signal);
});
