import { metrics } from '@opentelemetry/api';
import { AggregationTemporality } from '@opentelemetry/sdk-metrics';
import type { Inbox } from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { observeInbox } from '@showpad-webhooks/otel';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listen, TYPE } from './app.ts';
import { createMeters, type Meters } from './sdk.ts';

const ENTRIES = 'showpad.webhook.inbox.entries';
const LAG = 'showpad.webhook.inbox.lag';

async function depthOf(meters: Meters): Promise<Record<string, number>> {
  const measured = await meters.read(ENTRIES);
  return Object.fromEntries(
    measured.map(({ attributes, value }) => [String(attributes['showpad.webhook.inbox.state']), value]),
  );
}

test('an inbox is observed by its depth in each state and its lag in seconds', async () => {
  let nowMs = Date.now();
  const clock = () => nowMs;
  const meters = createMeters(AggregationTemporality.DELTA);
  const inbox = createMemoryInbox({ clock });
  const { deliver } = await listen({ inbox, clock });
  onTestFinished(observeInbox(inbox, { meterProvider: meters.provider }));
  // A receiver without handlers only stores.
  expect((await deliver()).status).toBe(202);
  expect((await deliver()).status).toBe(202);
  nowMs += 90_000;
  expect(await depthOf(meters)).toEqual({ pending: 2, leased: 0, done: 0, dead: 0 });
  expect(await meters.read(LAG)).toEqual([
    { attributes: { 'messaging.destination.name': 'default' }, value: 90 },
  ]);
});

test('dead entries are observed as dead', async () => {
  const meters = createMeters(AggregationTemporality.DELTA);
  const inbox = createMemoryInbox({ maxAttempts: 1, pollMs: 5 });
  const { receiver, deliver } = await listen({ inbox });
  receiver.onAny(({ id }) => {
    if (id === 'bad') throw new Error('never will');
  });
  await receiver.start();
  onTestFinished(observeInbox(inbox, { meterProvider: meters.provider }));
  await deliver(TYPE, 'bad');
  await deliver(TYPE, 'good');
  await vi.waitFor(async () =>
    expect(await depthOf(meters)).toEqual({ pending: 0, leased: 0, done: 1, dead: 1 }),
  );
});

test('the values of a store that is down or hangs are left out, and the others are collected', async () => {
  const meters = createMeters(AggregationTemporality.DELTA);
  const inbox = createMemoryInbox();
  const isDown = () => Promise.reject(new Error('the store is down'));
  const hangs = () => new Promise<never>(() => {});
  const broken: Partial<Inbox>[] = [
    { name: 'down', counts: isDown, health: async () => ({ isReachable: false, lagMs: 0, problems: [] }) },
    { name: 'half down', counts: isDown },
    { name: 'worse', counts: isDown, health: isDown },
    { name: 'hanging', counts: hangs, health: hangs },
  ];
  for (const each of [{ name: 'up' }, ...broken]) {
    onTestFinished(observeInbox({ ...inbox, ...each }, { meterProvider: meters.provider }));
  }
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const read = async (name: string) => {
    const reading = meters.read(name);
    await vi.advanceTimersByTimeAsync(3_000);
    return (await reading).map(({ attributes, value }) => [attributes['messaging.destination.name'], value]);
  };
  expect(await read(ENTRIES)).toEqual(new Array(4).fill(['up', 0]));
  expect(await read(LAG)).toEqual([['up', 0]]);
  expect(Object.fromEntries(await read('showpad.webhook.inbox.reachable'))).toEqual({
    up: 1,
    down: 0,
    'half down': 0,
    worse: 0,
    hanging: 0,
  });
});

test('it is observed until it is stopped, by the global provider if none is given', async () => {
  const meters = createMeters(AggregationTemporality.DELTA);
  metrics.setGlobalMeterProvider(meters.provider);
  onTestFinished(() => metrics.disable());
  const stop = observeInbox(createMemoryInbox());
  expect(await meters.read(LAG)).toHaveLength(1);
  stop();
  stop();
  expect(await meters.read(LAG)).toEqual([]);
});
