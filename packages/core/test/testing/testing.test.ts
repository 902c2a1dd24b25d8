import {
  type ClaimResult,
  createMemoryLedger,
  createReceiver,
  type HandlerContext,
  type Ledger,
  parseEvent,
  SIGNATURE_HEADER,
  sign,
} from '@showpad-webhooks/core';
import {
  EVENT_TYPES,
  ledgerConformance,
  sampleContext,
  sampleEvent,
  sampleJson,
  signedDelivery,
} from '@showpad-webhooks/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { KEY, probe, TYPE } from '../support.ts';

const HOUR_MS = 3_600_000;

describe('signedDelivery', () => {
  test('of a type is its sample with a new id and the current time', async () => {
    const [first, second] = [signedDelivery(TYPE, { key: KEY }), signedDelivery(TYPE, { key: KEY })];
    const event = parseEvent(first.body);
    expect(event).toMatchObject({ type: TYPE, data: sampleEvent(TYPE).data });
    expect(Math.abs(Date.now() - (event.date?.getTime() ?? 0))).toBeLessThan(60_000);
    expect(parseEvent(second.body).id).not.toBe(event.id);
    expect(await probe().receiver.receive(first)).toMatchObject({ outcome: 'ignored' });
  });

  test('of an event is the event as it is', () => {
    const event = { type: 'x', id: '1', data: { a: [1] }, more: true };
    expect(signedDelivery(event, { key: KEY }).body.toString()).toBe(JSON.stringify(event));
    expect(JSON.parse(signedDelivery(event, { key: KEY, id: '2', data: 3 }).body.toString())).toEqual({
      ...event,
      id: '2',
      data: 3,
    });
  });

  test('of an event has no date that was made of its time, but one that is a field of its own', () => {
    const keysOf = (event: { type: string; id: string; data: unknown }) =>
      Object.keys(JSON.parse(signedDelivery(event, { key: KEY }).body.toString()));
    expect(sampleEvent('COURSE_COMPLETED')).toHaveProperty('date');
    expect(keysOf(sampleEvent('COURSE_COMPLETED'))).not.toContain('date');
    const own = { type: 'x', date: '2026-01-05', id: '1', data: {} };
    expect(keysOf(own)).toEqual(['type', 'date', 'id', 'data']);
  });

  test('says that it is JSON', () => {
    expect(signedDelivery(TYPE, { key: KEY }).headers['content-type']).toBe('application/json');
  });

  test.each([
    ['bytes', Buffer.from([0xff, 0])],
    ['another kind of bytes', new Uint8Array([0xff, 0])],
  ])('of a body signs %s as they are', (_what, body) => {
    const { headers, ...delivery } = signedDelivery({ body }, { key: KEY, timestampSeconds: 5 });
    expect(delivery.body).toEqual(Buffer.from([0xff, 0]));
    expect(headers[SIGNATURE_HEADER]).toBe(sign(body, KEY, 5));
  });

  test.each(['{"type":"x"}', 'not JSON', '', 'é'])('of a body signs the text %j as it is', (body) => {
    const delivery = signedDelivery({ body }, { key: KEY, timestampSeconds: 5 });
    expect(delivery.body).toEqual(Buffer.from(body));
    expect(delivery.headers[SIGNATURE_HEADER]).toBe(sign(body, KEY, 5));
  });

  test('of a type without a sample needs data', () => {
    expect(() => signedDelivery('asset-viewed', { key: KEY })).toThrow(
      new TypeError(
        'There is no sample of the event type "asset-viewed". Pass the option "data", or add the event to ' +
          '"showpad-events" in the working directory with "showpad-webhooks events add".',
      ),
    );
    const event = parseEvent(signedDelivery('asset-viewed', { key: KEY, data: { assetId: '1' } }).body);
    expect(event).toMatchObject({
      type: 'asset-viewed',
      specversion: 1,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      data: { assetId: '1' },
    });
  });

  test('of a type without a sample may have data that is null', () => {
    expect(parseEvent(signedDelivery('asset-viewed', { key: KEY, data: null }).body).data).toBe(null);
  });

  test.each(['{"type":"x","id":"1"}', ' \n{"type":"x"}'])(
    'of JSON text is an error that says how to sign text: %j',
    (text) => {
      expect(() => signedDelivery(text, { key: KEY })).toThrow(TypeError);
      expect(() => signedDelivery(text, { key: KEY })).toThrow(
        / To sign text as it is, pass \{ body: text \}\.$/,
      );
    },
  );

  test('accepts an id, data, a time, a method, headers and several keys', () => {
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
  const inviter = {
    userId: 'd40cce9cdc0945298b8120ca7de4adc7',
    shareActorId: 'e3dff281ad48421fb32de1cbab3a627f',
    email: 'chris.p.bacon@showpad.com',
  };
  const sharedSpace = { id: '14aade8219854ed5b096b759e036e646', name: 'Breakfast Service' };

  test('has the data that Showpad publishes, word for word', () => {
    const invitee = {
      userId: '8463e2b6c0c44715b20b2fd65201bfae',
      shareActorId: 'f4ce56f640d94e8490d7ee3bf2d41784',
      email: 'kent.cook@showpad.com',
    };
    expect(sampleEvent(TYPE).data).toEqual({ inviter, invitee, sharedSpace });
  });

  test('has data of the same form if it is inferred', () => {
    expect(sampleEvent('shared-space-created').data).toEqual({ sharedSpace, creator: inviter });
    const course = { id: expect.stringMatching(/^[0-9a-f]{32}$/), name: expect.stringMatching(/./) };
    expect(sampleEvent('COURSE_COMPLETED').data).toEqual({ course, user: inviter });
  });

  test('is Showpad’s own if Showpad publishes one, and a copy each time', () => {
    const sample = sampleEvent(TYPE);
    expect(sample).toMatchObject({ specversion: 1, time: '2022-15-30T06:45:00.250Z' });
    expect(sample.data.sharedSpace).toEqual({
      id: '14aade8219854ed5b096b759e036e646',
      name: 'Breakfast Service',
    });
    Object.assign(sample.data.sharedSpace, { name: 'changed' });
    expect(sampleEvent(TYPE).data.sharedSpace.name).toBe('Breakfast Service');
  });

  test('is what a handler receives', async () => {
    const seen: unknown[] = [];
    const receiver = createReceiver({ keys: KEY });
    receiver.onAny((event) => seen.push(event));
    for (const { type } of EVENT_TYPES) {
      const sample = sampleEvent(type);
      expect(sample.date?.toISOString()).toBe(type === TYPE ? undefined : sample.time);
      await receiver.receive(signedDelivery(sampleJson(type), { key: KEY }));
      expect(seen.pop()).toEqual(sample);
      await receiver.receive(signedDelivery(sample, { key: KEY, id: `of ${type}` }));
      expect(seen.pop()).toEqual({ ...sample, id: `of ${type}` });
    }
  });

  test('takes other data and another id, also for a type without a sample', () => {
    const sample = sampleEvent('asset-viewed', { id: '1', data: { assetId: '2' } });
    expect(sample).toMatchObject({ type: 'asset-viewed', id: '1', specversion: 1, data: { assetId: '2' } });
    expect(sample.date?.toISOString()).toBe(sample.time);
    expect(sampleEvent('asset-viewed', { data: {} }).id).toMatch(/^[0-9a-f-]{36}$/);
    expect(sampleEvent(TYPE, { id: '1' })).toEqual({ ...sampleEvent(TYPE), id: '1' });
  });

  test('as JSON is what is sent, and a copy each time', () => {
    const sample = sampleJson(TYPE);
    expect(Object.keys(sample)).toEqual(['type', 'specversion', 'id', 'time', 'data']);
    Object.assign(sample.data as object, { sharedSpace: undefined });
    expect(sampleJson(TYPE).data).toEqual(sampleEvent(TYPE).data);
    expect(() => sampleJson('nope')).toThrow(/^There is no sample of "nope"\. .* working directory\.$/);
  });

  test.each(EVENT_TYPES)('has the type that it is asked for: $type', ({ type }) => {
    expect(sampleEvent(type)).toMatchObject({ type, id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  test.each(['nope', '__proto__', 'toString', '\u001b[31m'])('does not exist for the type %j', (type) => {
    expect(() => sampleEvent(type)).toThrow(
      new TypeError(
        `There is no sample of ${JSON.stringify(type)}. There are samples of shared-space-user-added, ` +
          'shared-space-created, COURSE_COMPLETED, and in "showpad-events" of the working directory. ' +
          'For another type, pass the option "data".',
      ),
    );
  });
});

test('the event types say whether Showpad documents their payload', () => {
  expect(EVENT_TYPES).toEqual([
    { type: 'shared-space-user-added', isDocumented: true },
    { type: 'shared-space-created', isDocumented: false },
    { type: 'COURSE_COMPLETED', isDocumented: false },
  ]);
});

/** The names of the cases that a ledger fails, of all cases or of the one with a name. */
async function failures(create: () => Ledger, only?: string): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of ledgerConformance(create)) {
    if (only === undefined || name === only) await run().catch(() => failed.push(name));
  }
  return failed;
}

function withoutAge(good: Ledger): Ledger['claim'] {
  return async (request) => {
    const result = await good.claim(request);
    return result.status === 'claimed' ? { ...result, ageMs: 0 } : result;
  };
}

/** Each look at the clock takes a second, so that a case does not really wait for what never comes. */
function hurryClock(): void {
  // The clock of a process begins at 0. Late in its life, a time cannot be taken for the time since a case began.
  let nowMs = performance.now() + 10 * HOUR_MS;
  vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 1_000));
  onTestFinished(() => void vi.restoreAllMocks());
}

/** How far the wall clock has gone since now. */
function watchClock(): () => number {
  const startMs = Date.now();
  return () => Date.now() - startMs;
}

describe('ledgerConformance notices a ledger that', () => {
  const broken = (change: (good: Ledger) => Partial<Ledger>) => () => {
    const good = createMemoryLedger();
    return { ...good, ...change(good) };
  };

  type Claimed = Extract<ClaimResult, { status: 'claimed' }>;
  const claiming = (change: (claim: Claimed) => Claimed) =>
    broken((good) => ({
      async claim(request) {
        const result = await good.claim(request);
        return result.status === 'claimed' ? change(result) : result;
      },
    }));

  const conflicting = (status: ClaimResult['status'], isConflict: boolean) =>
    broken((good) => ({
      async claim(request) {
        const result = await good.claim(request);
        return result.status === status ? { ...result, isConflict } : result;
      },
    }));

  test('works, and has nothing to say', async () => {
    expect(await failures(broken(() => ({})))).toEqual([]);
  });

  test('is one for all cases, and has nothing to say', async () => {
    const good = createMemoryLedger();
    expect(await failures(() => good)).toEqual([]);
  });

  test('works, and has nothing to say when each lease of a moment is over at the next look', async () => {
    hurryClock();
    expect(await failures(broken(() => ({})))).toEqual([]);
  });

  test('compares bodies with the first one, and has nothing to say', async () => {
    const create = broken((good) => {
      const first = new Map<string, number>();
      return {
        async claim(request) {
          first.set(request.key, first.get(request.key) ?? request.bodyDigest);
          const isConflict = first.get(request.key) !== request.bodyDigest;
          return { ...(await good.claim(request)), isConflict };
        },
      };
    });
    expect(await failures(create)).toEqual([]);
  });

  test.each<[string, () => Ledger, string]>([
    [
      'never remembers a completion',
      broken((good) => ({ complete: good.release })),
      'says completed for ever after, also when the lease is over',
    ],
    [
      'has no lease',
      broken((good) => ({ claim: (request) => good.claim({ ...request, leaseMs: 0 }) })),
      'says in-progress while the lease is valid',
    ],
    [
      'has a lease that never ends',
      broken((good) => ({ claim: (request) => good.claim({ ...request, leaseMs: 1e12 }) })),
      'gives the event away when the lease is over',
    ],
    [
      'measures leases by the wall clock',
      () => createMemoryLedger({ now: () => Date.now() }),
      'measures leases by a clock that does not step with the clock of this process',
    ],
    [
      'measures leases by a wall clock that steps back',
      () => createMemoryLedger({ now: () => Date.now() }),
      'does not keep an event longer because the clock stepped back',
    ],
    [
      'says that a failed event is new',
      broken((good) => ({ claim: withoutAge(good) })),
      'says how long ago a released event was claimed for the first time',
    ],
    [
      'says that the event of a dead holder is new',
      broken((good) => ({ claim: withoutAge(good) })),
      'says how long ago an event of a dead holder was claimed for the first time',
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
      'ignores the fence',
      broken((good) => ({ release: (claim) => good.release(claim) || true })),
      'lets an older fence change nothing',
    ],
    [
      'takes similar ids for the same',
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
      'takes the fence -1 for that of any claim',
      broken((good) => {
        const keys = new Set<string>();
        return {
          claim(request) {
            keys.add(request.key);
            return good.claim(request);
          },
          complete: (claim) => good.complete(claim) || (keys.has(claim.key) && claim.fence === -1),
        };
      }),
      'keeps hostile ids apart',
    ],
    [
      'does not notice another body',
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
              : { status: 'claimed', fence: 1, attempt: 1, ageMs: 0, done: [], isConflict: false };
          },
        };
      }),
      'gives one of 100 that claim at once the event',
    ],
    [
      'completes an event a hundred times',
      broken((good) => ({ complete: (claim) => good.complete(claim) || claim.fence > 0 })),
      'gives one of 100 that claim at once the event',
    ],
    [
      'has fences that are texts',
      claiming((claim) => ({ ...claim, fence: `${claim.fence}` as never })),
      'gives a new event to the first who claims it',
    ],
    [
      'says that a new event is old',
      claiming((claim) => ({ ...claim, ageMs: claim.ageMs + 1 })),
      'gives a new event to the first who claims it',
    ],
    [
      'says of a new event that a handler is done',
      claiming((claim) => ({ ...claim, done: ['crm'] })),
      'gives a new event to the first who claims it',
    ],
    [
      'notes what a late holder has done, although it says that it does not',
      broken((good) => {
        const done: string[] = [];
        return {
          checkpoint(claim, { handler, leaseMs }) {
            if (handler !== undefined) done.push(handler);
            return good.checkpoint(claim, { leaseMs });
          },
          async claim(request) {
            const result = await good.claim(request);
            return result.status === 'claimed' ? { ...result, done } : result;
          },
        };
      }),
      'lets an older fence change nothing',
    ],
    [
      'remembers a completion only for as long as the lease',
      broken((good) => {
        const endsMs = new Map<string, number>();
        return {
          async claim(request) {
            const result = await good.claim(request);
            if (result.status === 'claimed') endsMs.set(request.key, performance.now() + request.leaseMs);
            const isOver = performance.now() > Number(endsMs.get(request.key));
            return result.status === 'completed' && isOver ? { ...result, status: 'in-progress' } : result;
          },
        };
      }),
      'says completed for ever after, also when the lease is over',
    ],
    [
      'says an age that goes back',
      claiming((claim) => {
        const isEarly = claim.attempt === 2 || claim.attempt === 3;
        return { ...claim, ageMs: isEarly ? 4 - claim.attempt : claim.ageMs };
      }),
      'says how long ago a released event was claimed for the first time',
    ],
    [
      'says that the second attempt comes at once',
      claiming((claim) => ({ ...claim, ageMs: claim.attempt === 2 ? 0 : claim.ageMs })),
      'says how long ago an event of a dead holder was claimed for the first time',
    ],
    [
      'has one fence for all claims',
      claiming((claim) => ({ ...claim, fence: 1 })),
      'gives the event away when the lease is over',
    ],
    [
      'does not count the attempts of dead holders',
      claiming((claim) => ({ ...claim, attempt: 1 })),
      'gives the event away when the lease is over',
    ],
    [
      'does not count the attempts that failed',
      claiming((claim) => ({ ...claim, attempt: 1 })),
      'gives a released event again at once, counting attempts and keeping what is done',
    ],
    [
      'keeps which handlers are done for one attempt only',
      claiming((claim) => ({ ...claim, done: claim.attempt > 2 ? [] : claim.done })),
      'gives a released event again at once, counting attempts and keeping what is done',
    ],
    [
      'forgets a completion when the clock steps',
      broken((good) => {
        const goneMs = watchClock();
        return {
          claim: async (request) => {
            const result = await good.claim(request);
            const isSteady = Math.abs(goneMs()) < HOUR_MS;
            return result.status === 'completed' && !isSteady ? { ...result, status: 'in-progress' } : result;
          },
        };
      }),
      'measures leases by a clock that does not step with the clock of this process',
    ],
    [
      'takes a lease that begins in the future for over',
      broken((good) => {
        const goneMs = watchClock();
        return {
          async claim(request) {
            const result = await good.claim(request);
            return result.status === 'in-progress' && goneMs() < -HOUR_MS
              ? { status: 'claimed', fence: 2, attempt: 2, ageMs: 0, done: [], isConflict: false }
              : result;
          },
        };
      }),
      'measures leases by a clock that does not step with the clock of this process',
    ],
    [
      'says an age that is much too large',
      claiming((claim) => ({ ...claim, ageMs: claim.attempt === 1 ? 0 : claim.ageMs + 1e9 })),
      'says how long ago a released event was claimed for the first time',
    ],
    [
      'counts the age from the last claim',
      claiming((claim) => ({ ...claim, ageMs: Math.min(claim.ageMs, 1) })),
      'says how long ago an event of a dead holder was claimed for the first time',
    ],
    [
      'forgets what a dead holder had done',
      claiming((claim) => ({ ...claim, done: [] })),
      'keeps what a dead holder had done',
    ],
    [
      'renews the lease only without a handler',
      broken((good) => ({
        checkpoint: (claim, update) =>
          good.checkpoint(claim, update.handler === undefined ? update : { ...update, leaseMs: 0 }),
      })),
      'renews the lease at a checkpoint, with or without a handler',
    ],
    [
      'renews the lease only with a handler',
      broken((good) => ({
        checkpoint: (claim, update) =>
          good.checkpoint(claim, update.handler === undefined ? { leaseMs: 0 } : update),
      })),
      'renews the lease at a checkpoint, with or without a handler',
    ],
    [
      'renews no lease for longer than it was first given',
      broken((good) => {
        const endsMs = new Map<string, number>();
        return {
          claim(request) {
            endsMs.set(request.key, performance.now() + request.leaseMs);
            return good.claim(request);
          },
          checkpoint(claim, update) {
            const leftMs = Math.max(0, Number(endsMs.get(claim.key)) - performance.now());
            return good.checkpoint(claim, { ...update, leaseMs: Math.min(update.leaseMs, leftMs) });
          },
        };
      }),
      'renews the lease at a checkpoint, with or without a handler',
    ],
    [
      'renews no lease for a shorter time than is left',
      broken((good) => {
        const endsMs = new Map<string, number>();
        return {
          claim(request) {
            endsMs.set(request.key, performance.now() + request.leaseMs);
            return good.claim(request);
          },
          checkpoint(claim, update) {
            const leftMs = Number(endsMs.get(claim.key)) - performance.now();
            if (update.leaseMs < leftMs) return true;
            endsMs.set(claim.key, performance.now() + update.leaseMs);
            return good.checkpoint(claim, update);
          },
        };
      }),
      'renews the lease at a checkpoint, with or without a handler',
    ],
    [
      'does not let a holder finish after its lease',
      broken((good) => {
        // Its clock goes on with each claim.
        let nowMs = 0;
        const endsMs = new Map<string, number>();
        return {
          claim(request) {
            endsMs.set(request.key, ++nowMs + request.leaseMs);
            return good.claim(request);
          },
          complete: (claim) => nowMs < Number(endsMs.get(claim.key)) && good.complete(claim),
        };
      }),
      'lets a holder finish after its lease, if nobody took over',
    ],
    ...(['checkpoint', 'complete', 'release'] as const).flatMap(
      (operation): [string, () => Ledger, string][] => [
        [
          `accepts "${operation}" with an older fence`,
          broken((good) => ({
            [operation]: async (...args: [never, never]) => (await good[operation](...args)) || true,
          })),
          'lets an older fence change nothing',
        ],
        [
          `accepts "${operation}" of a settled claim`,
          broken((good) => ({
            [operation]: async (...args: [never, never]) => (await good[operation](...args)) || true,
          })),
          'lets a settled claim change nothing',
        ],
        [
          `accepts "${operation}" of a claim that was never made`,
          broken(() => ({ [operation]: () => true })),
          'knows nothing of claims that were never made',
        ],
      ],
    ),
    ...(['in-progress', 'claimed', 'completed'] as const).map((status): [string, () => Ledger, string] => [
      `does not notice another body if an event is ${status}`,
      conflicting(status, false),
      'notices another body under the same id, in every state',
    ]),
    [
      'says of a new event that it has another body',
      conflicting('claimed', true),
      'gives a new event to the first who claims it',
    ],
    [
      'says of a running event that it has another body',
      conflicting('in-progress', true),
      'notices another body under the same id, in every state',
    ],
    [
      'says of every duplicate that it has another body',
      conflicting('completed', true),
      'says completed for ever after, also when the lease is over',
    ],
  ])('%s', async (_name, create, expected) => {
    hurryClock();
    expect(await failures(create, expected)).toEqual([expected]);
  });

  test.each<[string, () => Ledger, string, RegExp]>([
    [
      'gives nothing to anybody',
      broken(() => ({ claim: () => ({ status: 'in-progress', isConflict: false }) })),
      'gives a new event to the first who claims it',
      /^expected the claim, and got in-progress$/,
    ],
    [
      'has a lease that never ends',
      broken((good) => ({ claim: (request) => good.claim({ ...request, leaseMs: 1e12 }) })),
      'gives the event away when the lease is over',
      /^waited 10000 ms for the ledger's clock$/,
    ],
    [
      'has one fence for all claims',
      claiming((claim) => ({ ...claim, fence: 1 })),
      'gives the event away when the lease is over',
      /^each claim has another fence/,
    ],
    [
      'measures leases by the wall clock',
      () => createMemoryLedger({ now: () => Date.now() }),
      'measures leases by a clock that does not step with the clock of this process',
      /^after a step of 86400000 ms/,
    ],
    [
      'forgets a completion when the clock is right again',
      broken((good) => {
        let wasWrong = false;
        const goneMs = watchClock();
        return {
          async claim(request) {
            const result = await good.claim(request);
            const isRight = Math.abs(goneMs()) < HOUR_MS;
            wasWrong ||= !isRight;
            return result.status === 'completed' && isRight && wasWrong
              ? { ...result, status: 'in-progress' }
              : result;
          },
        };
      }),
      'measures leases by a clock that does not step with the clock of this process',
      /^it remembers what was completed/,
    ],
    [
      'says an age that goes back',
      claiming((claim) => {
        const isEarly = claim.attempt === 2 || claim.attempt === 3;
        return { ...claim, ageMs: isEarly ? 4 - claim.attempt : claim.ageMs };
      }),
      'says how long ago a released event was claimed for the first time',
      /^the age only grows/,
    ],
    [
      'says an age that is much too large after a while',
      claiming((claim) => ({ ...claim, ageMs: [0, 1, HOUR_MS][claim.attempt - 1] as number })),
      'says how long ago a released event was claimed for the first time',
      /^an age of 3600000 ms after \d{4,6}(\.\d+)? ms$/,
    ],
    [
      'says that the second attempt comes at once',
      claiming((claim) => ({ ...claim, ageMs: claim.attempt === 2 ? 0 : claim.ageMs })),
      'says how long ago an event of a dead holder was claimed for the first time',
      /^an age of 0 ms when a lease of 1 ms is over$/,
    ],
    [
      'counts the age from the last claim',
      claiming((claim) => ({ ...claim, ageMs: Math.min(claim.ageMs, 1) })),
      'says how long ago an event of a dead holder was claimed for the first time',
      /^1 ms is more than 1 ms$/,
    ],
    [
      'completes an event a hundred times',
      broken((good) => ({ complete: (claim) => good.complete(claim) || claim.fence > 0 })),
      'gives one of 100 that claim at once the event',
      /^one of 100 completions counts/,
    ],
  ])('%s: the case says so', async (_name, create, expected, message) => {
    hurryClock();
    const found = ledgerConformance(create).find(({ name }) => name === expected);
    await expect(found?.run()).rejects.toThrow(message);
  });
});

test('sampleContext has what the context of a delivery has', async () => {
  const contexts: HandlerContext[] = [];
  const receiver = createReceiver({ keys: KEY });
  receiver.on(TYPE, (_event, context) => contexts.push(context));
  await receiver.receive(signedDelivery(TYPE, { key: KEY }));
  const sample = sampleContext({ attempt: 4 });
  const [real] = contexts;
  for (const [name, value] of Object.entries(sample)) {
    expect([name, typeof Reflect.get(real ?? {}, name)]).toEqual([name, typeof value]);
  }
  expect([sample.attempt, sample.signal.aborted, sample.receiverName]).toEqual([4, false, 'default']);
  expect(sampleContext().attempt).toBe(1);
  expect(sampleContext().rawBody.toString()).toBe('{}');
  expect(Math.abs(sample.timestampSeconds - sample.receivedAt.getTime() / 1000)).toBeLessThan(1);
});
