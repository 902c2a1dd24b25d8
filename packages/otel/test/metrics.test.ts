import { metrics } from '@opentelemetry/api';
import { createReceiver, PermanentError, type StandardSchemaV1 } from '@showpad-webhooks/core';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { createTelemetry } from '@showpad-webhooks/otel';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { KEY, listen, TYPE } from './app.ts';
import { createMeters } from './sdk.ts';

const RECEIVER = { 'messaging.destination.name': 'default' };

test('events that do not fit their schema are counted by type, once for each place', async () => {
  const meters = createMeters();
  const validate = () => ({ issues: [{ message: 'x', path: ['inviter'] }] });
  const schema: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'test', validate } };
  const options = {
    schemas: { [TYPE]: schema as never },
    schemaMode: 'report',
    on: { [TYPE]: () => {} },
  } as const;
  const { deliver } = await listen(options, { meterProvider: meters.provider });
  await deliver(TYPE, 'one');
  await deliver(TYPE, 'another');
  expect(await meters.read('showpad.webhook.drifts')).toEqual([
    { attributes: { ...RECEIVER, 'showpad.webhook.event.type': TYPE }, value: 1 },
  ]);
});

describe('deliveries', () => {
  test('are counted by outcome, type and code', async () => {
    const meters = createMeters();
    let runs = 0;
    const flaky = () => {
      if (++runs === 1) throw new Error('the CRM is down');
    };
    const { deliver, send } = await listen({ on: { [TYPE]: flaky } }, { meterProvider: meters.provider });
    await deliver(TYPE, 'flaky');
    for (let times = 0; times < 3; times++) await deliver(TYPE, 'flaky');
    await send(signedDelivery(TYPE, { key: 'another-key' }));
    await deliver('never-heard-of');
    const type = { 'showpad.webhook.event.type': TYPE };
    const counted = (outcome: string, value: number, more: object) => ({
      attributes: { ...RECEIVER, 'showpad.webhook.outcome': outcome, ...more },
      value,
    });
    expect(await meters.read('showpad.webhook.deliveries')).toEqual([
      counted('failed', 1, { ...type, 'error.type': 'HANDLER_FAILED' }),
      counted('handled', 1, type),
      counted('duplicate', 2, type),
      counted('rejected', 1, { 'error.type': 'SIGNATURE_MISMATCH' }),
      counted('ignored', 1, { 'showpad.webhook.event.type': '_OTHER' }),
    ]);
  });

  test('of more than 100 types share one series from the 101st on', async () => {
    const meters = createMeters();
    const { receiver } = await listen({ ledger: false }, { meterProvider: meters.provider });
    receiver.onUnknown(() => {});
    for (let count = 0; count < 105; count++) {
      await receiver.receive(signedDelivery(`type-${count}`, { key: KEY, data: {} }));
    }
    const counted = await meters.read('showpad.webhook.deliveries');
    expect(counted).toHaveLength(101);
    expect(counted.at(-1)).toMatchObject({
      attributes: { 'showpad.webhook.event.type': '_OTHER' },
      value: 5,
    });
  });

  test('are timed, in seconds, in the buckets that the conventions advise', async () => {
    let nowMs = 1_000;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    onTestFinished(() => void vi.restoreAllMocks());
    const meters = createMeters();
    const takeTwoSeconds = () => {
      nowMs += 2_000;
    };
    const { deliver } = await listen({ on: { [TYPE]: takeTwoSeconds } }, { meterProvider: meters.provider });
    await deliver();
    const [timed, ...others] = await meters.read('messaging.process.duration');
    expect(others).toEqual([]);
    expect(timed).toMatchObject({
      attributes: {
        ...RECEIVER,
        'messaging.system': 'showpad',
        'messaging.operation.name': 'receive',
        'showpad.webhook.outcome': 'handled',
      },
      value: 1,
    });
    expect(timed?.boundaries).toEqual([
      0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]);
    expect(timed?.sum).toBe(2);
  });
});

test('how long an event waited after its first 5xx is measured once it is accepted', async () => {
  let nowMs = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  onTestFinished(() => void vi.restoreAllMocks());
  const meters = createMeters();
  const { receiver, deliver } = await listen({}, { meterProvider: meters.provider });
  let isDown = true;
  receiver.on(TYPE, () => {
    nowMs += 1_000;
    if (isDown) throw new Error('the CRM is down');
  });
  const deliverAt = (atMs: number, id: string) => {
    nowMs = atMs;
    return deliver(TYPE, id);
  };
  await deliverAt(10_000, 'late'); // answered with a 5xx at 11 s
  await deliverAt(14_000, 'late');
  await deliverAt(15_000, 'of another sender');
  isDown = false;
  await deliverAt(20_100, 'late');
  await deliverAt(20_100, 'late'); // a duplicate, which did not wait
  await deliverAt(21_000, 'in time');
  await deliverAt(999_000, 'of another sender'); // replayed by hand
  const waits = await meters.read('showpad.webhook.retry.wait');
  expect(waits).toMatchObject([{ attributes: RECEIVER, value: 1 }]);
  expect(waits[0]?.sum).toBeCloseTo(9.1);
  expect(waits[0]?.boundaries).toEqual(expect.arrayContaining([3, 7.5, 14.25]));
});

describe('handlers', () => {
  test('are timed by name and type, and failures by their code', async () => {
    const meters = createMeters();
    const { receiver, deliver } = await listen({}, { meterProvider: meters.provider });
    receiver.on(TYPE, () => {}, { name: 'works' });
    receiver.on(TYPE, () => Promise.reject(new Error('down')), { name: 'fails' });
    receiver.on(TYPE, () => Promise.reject(new PermanentError('no')), { name: 'refuses' });
    await deliver();
    const timed = await meters.read('showpad.webhook.handler.duration');
    const shared = { ...RECEIVER, 'showpad.webhook.event.type': TYPE };
    expect(timed.map(({ attributes, value }) => ({ attributes, value }))).toEqual([
      { attributes: { ...shared, 'showpad.webhook.handler': 'works' }, value: 1 },
      {
        attributes: { ...shared, 'showpad.webhook.handler': 'fails', 'error.type': 'HANDLER_FAILED' },
        value: 1,
      },
      {
        attributes: { ...shared, 'showpad.webhook.handler': 'refuses', 'error.type': 'PERMANENT_FAILURE' },
        value: 1,
      },
    ]);
  });

  test('that run from an inbox are counted as processing of their own', async () => {
    const meters = createMeters();
    const inbox = createMemoryInbox({ pollMs: 5 });
    const { receiver, deliver } = await listen(
      { inbox, on: { [TYPE]: () => {} } },
      { meterProvider: meters.provider },
    );
    await receiver.start();
    await deliver();
    await vi.waitFor(async () => {
      const timed = await meters.read('messaging.process.duration');
      const operations = timed.map(({ attributes }) => attributes['messaging.operation.name']);
      expect(operations.sort()).toEqual(['handle', 'receive']);
    });
    expect(await meters.read('showpad.webhook.handler.duration')).toHaveLength(1);
  });
});

test('an SDK that is started after the receiver was made is used from then on', async () => {
  const meters = createMeters();
  const receiver = createReceiver({ keys: KEY, telemetry: createTelemetry() });
  await receiver.receive(signedDelivery(TYPE, { key: KEY }));
  metrics.setGlobalMeterProvider(meters.provider);
  onTestFinished(() => metrics.disable());
  await receiver.receive(signedDelivery(TYPE, { key: KEY }));
  expect(await meters.read('showpad.webhook.deliveries')).toMatchObject([{ value: 1 }]);
});
