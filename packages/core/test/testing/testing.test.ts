import { createMemoryLedger, type Ledger, parseEvent, sign } from '@showpad-webhooks/core';
import { ledgerConformance, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { KEY, probe, TYPE } from './support.ts';

describe('signedDelivery', () => {
  test('gives a type’s sample a new id and the present time', async () => {
    const [first, second] = [signedDelivery(TYPE, { key: KEY }), signedDelivery(TYPE, { key: KEY })];
    const event = parseEvent(first.body);
    expect(event).toMatchObject({ type: TYPE, data: sampleEvent(TYPE).data });
    expect(Math.abs(Date.now() - (event.date?.getTime() ?? 0))).toBeLessThan(60_000);
    expect(parseEvent(second.body).id).not.toBe(event.id);
    expect(await probe().receiver.receive(first)).toMatchObject({ outcome: 'ignored' });
  });

  test('sends an event and bytes as they are', () => {
    const event = { type: 'x', id: '1', data: { a: [1] }, more: true };
    expect(signedDelivery(event, { key: KEY }).body.toString()).toBe(JSON.stringify(event));
    expect(signedDelivery(Buffer.from([0xff, 0]), { key: KEY }).body).toEqual(Buffer.from([0xff, 0]));
  });

  test('takes an id, data, a time, a method, headers and several keys', () => {
    const delivery = signedDelivery(TYPE, {
      key: ['a', 'b'],
      id: '7',
      data: null,
      timestampSeconds: 5,
      method: 'GET',
      headers: { 'x-mine': 'yes', 'content-type': 'text/plain' },
    });
    expect(JSON.parse(delivery.body.toString())).toMatchObject({ type: TYPE, id: '7', data: null });
    expect(delivery.method).toBe('GET');
    expect(delivery.headers).toEqual({
      'content-type': 'text/plain',
      'x-mine': 'yes',
      'x-showpad-signature-timestamp': '5',
      'x-showpad-signature-v1': `${sign(delivery.body, 'a', 5)},${sign(delivery.body, 'b', 5)}`,
    });
  });
});

describe('sampleEvent', () => {
  test('gives Showpad’s own where it publishes one, and a copy each time', () => {
    const sample = sampleEvent(TYPE);
    expect(sample).toMatchObject({ specversion: 1, time: '2022-15-30T06:45:00.250Z' });
    expect(sample.data.sharedSpace).toEqual({
      id: '14aade8219854ed5b096b759e036e646',
      name: 'Breakfast Service',
    });
    Object.assign(sample.data.sharedSpace, { name: 'changed' });
    expect(sampleEvent(TYPE).data.sharedSpace.name).toBe('Breakfast Service');
  });

  test.each(['unheard-of', '__proto__', 'toString'])(
    'gives the type %s, which has none, empty data',
    (type) => {
      expect(sampleEvent(type)).toMatchObject({ type, data: {} });
      expect(Object.getPrototypeOf(sampleEvent(type).data)).toBe(Object.prototype);
    },
  );
});

/** Names of the cases that a ledger fails. */
async function failures(create: () => Ledger): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of ledgerConformance(create)) await run().catch(() => failed.push(name));
  return failed;
}

describe('ledgerConformance finds fault with a ledger that', () => {
  const broken = (change: (good: Ledger) => Partial<Ledger>) => () => {
    const good = createMemoryLedger();
    return { ...good, ...change(good) };
  };

  test('is good: with nothing', async () => {
    expect(await failures(broken(() => ({})))).toEqual([]);
  });

  test.each<[string, () => Ledger, string]>([
    [
      'never remembers a completion',
      broken((good) => ({ complete: good.release })),
      'says completed for ever after, whatever the time of the lease',
    ],
    [
      'has no lease',
      broken((good) => ({ claim: (request) => good.claim({ ...request, leaseMs: 0 }) })),
      'says in-progress until the lease is over, and not after',
    ],
    [
      'has a lease without end',
      broken((good) => ({ claim: (request) => good.claim({ ...request, leaseMs: 1e12 }) })),
      'says in-progress until the lease is over, and not after',
    ],
    [
      'forgets which handlers are done',
      broken((good) => ({ checkpoint: (claim, { handler: _, ...rest }) => good.checkpoint(claim, rest) })),
      'gives a released event again at once, counting attempts and keeping what is done',
    ],
    [
      'does not renew at a checkpoint',
      broken(() => ({ checkpoint: () => true })),
      'renews the lease at a checkpoint, with or without a handler',
    ],
    [
      'heeds no fence',
      broken((good) => ({ release: (claim, update) => good.release(claim, update) || true })),
      'lets an older fence change nothing',
    ],
    [
      'takes ids that look alike for one',
      broken((good) => ({ claim: (request) => good.claim({ ...request, key: request.key.toLowerCase() }) })),
      'keeps hostile ids apart',
    ],
    [
      'cuts long ids',
      broken((good) => ({
        claim: (request) => good.claim({ ...request, key: request.key.slice(0, 1_000) }),
      })),
      'keeps hostile ids apart',
    ],
    [
      'notices no other body',
      broken((good) => ({ claim: (request) => good.claim({ ...request, bodyDigest: 0 }) })),
      'notices another body under the same id, in every state',
    ],
    [
      'is not atomic',
      broken((good) => {
        const taken = new Set<string>();
        return {
          claim: async (request) => {
            const isTaken = taken.has(request.key);
            await Promise.resolve();
            taken.add(request.key);
            return isTaken
              ? good.claim(request)
              : { status: 'claimed', fence: 1, attempt: 1, done: [], isConflict: false };
          },
        };
      }),
      'gives one of 100 that claim at once the event',
    ],
  ])('%s', async (_name, create, expected) => {
    expect(await failures(create)).toContain(expected);
  });
});
