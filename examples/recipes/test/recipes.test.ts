import { createReceiver, type ShowpadEvent } from '@showpad-webhooks/core';
import type { InboxItem } from '@showpad-webhooks/core/inbox';
import { createMemoryInbox, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { NO_ANSWER, type Reply, startFake } from './fake.ts';
import { VENDORS, type Vendor } from './vendors.ts';

const TYPE = 'shared-space-user-added';
const KEY = 'a-key-for-this-test';
// A URL must not be read differently because of an id.
const sample = { ...sampleEvent(TYPE), id: 'an/id?of=an#event' };
// Otherwise Google's client looks for a machine of Google's cloud.
process.env.METADATA_SERVER_DETECTION = 'none';

interface Opened {
  /** What the vendor has. */
  readonly kept: ReadonlyMap<string, unknown>;
  /** What went wrong with a request. */
  readonly faults: readonly unknown[];
  readonly deliver: () => Promise<string>;
  /** Resolves to the entry when it is in this state. */
  readonly entry: (state: InboxItem['state']) => Promise<InboxItem>;
  readonly retry: () => Promise<number>;
}

/** Runs a recipe behind an inbox. The vendor first gives the replies, and then works. */
async function open(vendor: Vendor, ...replies: readonly Reply[]): Promise<Opened> {
  const [kept, faults, left] = [new Map<string, unknown>(), [] as unknown[], [...replies]];
  const url = await startFake((request) => {
    try {
      return left.shift() ?? vendor.accept(request, kept, sample as unknown as ShowpadEvent);
    } catch (error) {
      faults.push(error);
      return { status: 418 };
    }
  });
  const inbox = createMemoryInbox({ backoff: () => 1, keepDoneBodies: true });
  const receiver = createReceiver({ keys: KEY, inbox });
  receiver.on(TYPE, vendor.handlerOf(url) as () => unknown, { name: 'vendor' });
  await receiver.start();
  onTestFinished(() => receiver.close());
  const entry = async (state: InboxItem['state']) => {
    await vi.waitUntil(async () => (await inbox.counts())[state] === 1);
    const [item] = (await inbox.list({ id: sample.id })).items;
    if (!item) throw new Error('The entry is gone.');
    return item;
  };
  return {
    kept,
    faults,
    deliver: async () => (await receiver.receive(signedDelivery(sample, { key: KEY }))).outcome,
    entry,
    retry: () => inbox.retry({ id: sample.id }),
  };
}

describe.each(VENDORS)('$name', (vendor) => {
  test('gets what happened once, although the event comes twice', async () => {
    const { kept, faults, deliver, entry } = await open(vendor);
    expect(await deliver()).toBe('queued');
    await entry('done');
    expect(await deliver()).toBe('duplicate');
    expect(faults).toEqual([]);
    expect(kept.size).toBe(1);
  });

  test(`has ${vendor.copies === 1 ? 'one record' : 'two'} if the process ended after its answer`, async () => {
    const { kept, deliver, entry, retry } = await open(vendor);
    await deliver();
    await entry('done');
    // What the inbox does if it never heard that the handler was done.
    await retry();
    await vi.waitUntil(async () => (await entry('done')).generation === 1);
    expect(kept.size).toBe(vendor.copies);
  });

  test('gets it later if it fails for a moment', async () => {
    const replies = [NO_ANSWER, ...vendor.temporary];
    const { kept, faults, deliver, entry } = await open(vendor, ...replies);
    await deliver();
    const { failures } = await entry('done');
    expect(failures).toMatchObject(replies.map(() => ({ code: 'HANDLER_FAILED', handlerName: 'vendor' })));
    expect(faults).toEqual([]);
    expect(kept.size).toBe(1);
  });

  test('gets it when its limit allows', async () => {
    const { deliver, entry } = await open(vendor, vendor.limited);
    const beforeMs = Date.now();
    await deliver();
    if (vendor.waitMs === 0) {
      expect((await entry('done')).failures).toMatchObject([{ code: 'HANDLER_FAILED' }]);
      return;
    }
    await vi.waitUntil(async () => (await entry('pending')).attempt === 1);
    const { dueAtMs, failures } = await entry('pending');
    expect(failures).toMatchObject([{ code: 'HANDLER_FAILED' }]);
    expect(Number(dueAtMs) - beforeMs).toBeGreaterThanOrEqual(vendor.waitMs - 1_000);
    expect(Number(dueAtMs) - Date.now()).toBeLessThanOrEqual(vendor.waitMs + 1_000);
  });

  test('gets it never if no retry can help, and the reason has no personal data', async () => {
    const { kept, deliver, entry } = await open(vendor, vendor.permanent);
    await deliver();
    const { error } = await entry('dead');
    expect(error?.code).toBe('PERMANENT_FAILURE');
    expect(error?.message).not.toContain('kent.cook');
    expect(kept.size).toBe(0);
  });
});
