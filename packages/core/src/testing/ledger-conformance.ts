import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClaimRequest, ClaimResult, Ledger } from '../once/ledger.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { HOSTILE_IDS } from './hostile-ids.ts';

/** Longer than any case takes. */
const LEASE_MS = 600_000;
const DAY_MS = 86_400_000;
const DIGEST = 1234;
const PATIENCE_MS = 10_000;
/** By how much the clock of a ledger may differ from ours while a case runs. */
const CLOCK_SLACK_MS = 1_000;

/**
 * What a `Ledger` must do, as cases that reject if it does not: claims, leases, fences, retries, ages, hostile ids, a race of
 * 100, and a wall clock that steps. Each case uses its own keys, so one store can serve them all. Run the cases one after the
 * other, because some of them change what `Date.now` returns.
 *
 * @param create makes the ledger to test. It is called once for each case.
 *
 * @example
 * ```ts
 * import { createMemoryLedger } from '@showpad-webhooks/core';
 * import { ledgerConformance } from '@showpad-webhooks/core/testing';
 *
 * for (const { name, run } of ledgerConformance(() => createMemoryLedger())) {
 *   await run();
 *   console.log(`ok ${name}`);
 * }
 * ```
 */
export function ledgerConformance(create: () => Ledger | Promise<Ledger>): readonly ConformanceCase[] {
  const cases: ConformanceCase[] = [];
  const check = (name: string, body: (subject: Subject) => Promise<void>) => {
    cases.push({ name, run: async () => body(subjectOf(await create())) });
  };

  check('gives a new event to the first who claims it', async ({ claim }) => {
    const { fence, ...rest } = claimed(await claim());
    assert.equal(typeof fence, 'number');
    assert.deepEqual(
      { ...rest, done: [...rest.done] },
      { status: 'claimed', attempt: 1, ageMs: 0, done: [], isConflict: false },
    );
  });

  check('says in-progress while the lease is valid', async ({ claim }) => {
    claimed(await claim());
    for (let count = 0; count < 3; count++) assert.equal((await claim()).status, 'in-progress');
  });

  check('gives the event away when the lease is over', async ({ claim, claimLater }) => {
    const first = claimed(await claim({ leaseMs: 1 }));
    const second = await claimLater();
    assert.notEqual(second.fence, first.fence, 'each claim has another fence');
    assert.equal(second.attempt, 2);
  });

  check('measures leases by a clock that does not step with the clock of this process', async (subject) => {
    const { ledger, key, claim } = subject;
    const { fence } = claimed(await claim());
    for (const stepMs of [DAY_MS, -DAY_MS]) {
      await withClockStep(stepMs, async () => {
        assert.equal((await claim()).status, 'in-progress', `after a step of ${stepMs} ms`);
        assert.equal(await ledger.checkpoint({ key, fence }, { leaseMs: LEASE_MS }), true);
      });
    }
    await withClockStep(2 * DAY_MS, async () => {
      assert.equal(await ledger.complete({ key, fence }), true);
      assert.equal((await claim()).status, 'completed');
    });
    assert.equal((await claim()).status, 'completed', 'it remembers what was completed');
  });

  check('does not keep an event longer because the clock stepped back', async ({ claim, claimLater }) => {
    await withClockStep(DAY_MS, async () => claimed(await claim({ leaseMs: 1 })));
    assert.equal((await claimLater()).attempt, 2);
  });

  check('says completed for ever after, also when the lease is over', async (subject) => {
    const { ledger, key, claim, endLeases } = subject;
    const { fence } = claimed(await claim({ leaseMs: 1 }));
    assert.equal(await ledger.complete({ key, fence }), true);
    assert.deepEqual({ ...(await claim()) }, { status: 'completed', isConflict: false });
    await endLeases();
    assert.equal((await claim()).status, 'completed');
  });

  check(
    'gives a released event again at once, counting attempts and keeping what is done',
    async (subject) => {
      const { ledger, key, claim } = subject;
      const first = claimed(await claim());
      for (const handler of ['crm', 'crm 2', '__proto__', '']) {
        const update = { handler, leaseMs: LEASE_MS };
        assert.equal(await ledger.checkpoint({ key, fence: first.fence }, update), true);
      }
      assert.equal(await ledger.release({ key, fence: first.fence }), true);
      const second = claimed(await claim());
      assert.equal(second.attempt, 2);
      assert.deepEqual([...second.done], ['crm', 'crm 2', '__proto__', '']);
      assert.equal(await ledger.release({ key, fence: second.fence }), true);
      assert.deepEqual([...claimed(await claim()).done], ['crm', 'crm 2', '__proto__', '']);
    },
  );

  check('says how long ago a released event was claimed for the first time', async (subject) => {
    const { ledger, key, claim } = subject;
    const startedMs = performance.now();
    let ages: readonly number[] = [];
    await until(async () => {
      const { fence, ageMs } = claimed(await claim());
      ages = [...ages, ageMs];
      await ledger.release({ key, fence });
      return ageMs >= 5;
    });
    assert.equal(ages[0], 0);
    assert.deepEqual(
      ages,
      ages.toSorted((one, other) => one - other),
      'the age only grows',
    );
    const longestMs = performance.now() - startedMs + CLOCK_SLACK_MS;
    assert.ok(Number(ages.at(-1)) <= longestMs, `an age of ${ages.at(-1)} ms after ${longestMs} ms`);
  });

  check('says how long ago an event of a dead holder was claimed for the first time', async (subject) => {
    claimed(await subject.claim({ leaseMs: 1 }));
    const second = await subject.claimLater({ leaseMs: 1 });
    assert.ok(second.ageMs > 0, `an age of ${second.ageMs} ms when a lease of 1 ms is over`);
    const third = await subject.claimLater();
    assert.ok(third.ageMs > second.ageMs, `${third.ageMs} ms is more than ${second.ageMs} ms`);
  });

  check('keeps what a dead holder had done', async ({ ledger, key, claim, claimLater }) => {
    const { fence } = claimed(await claim());
    await ledger.checkpoint({ key, fence }, { handler: 'crm', leaseMs: 1 });
    assert.deepEqual([...(await claimLater()).done], ['crm']);
  });

  check('renews the lease at a checkpoint, with or without a handler', async (subject) => {
    const { ledger, key, claim, endLeases } = subject;
    const { fence } = claimed(await claim({ leaseMs: 1 }));
    for (const handler of [undefined, 'crm']) {
      assert.equal(await ledger.checkpoint({ key, fence }, { handler, leaseMs: LEASE_MS }), true);
      await endLeases();
      assert.equal((await claim()).status, 'in-progress');
      assert.equal(await ledger.checkpoint({ key, fence }, { leaseMs: 1 }), true);
    }
    assert.deepEqual([...(await subject.claimLater()).done], ['crm']);
  });

  check('lets a holder finish after its lease, if nobody took over', async (subject) => {
    const { ledger, key, claim, endLeases } = subject;
    const { fence } = claimed(await claim({ leaseMs: 1 }));
    await endLeases();
    assert.equal(await ledger.complete({ key, fence }), true);
    assert.equal((await claim()).status, 'completed');
  });

  check('lets an older fence change nothing', async ({ ledger, key, claim, claimLater }) => {
    const old = { key, fence: claimed(await claim({ leaseMs: 1 })).fence };
    const { fence } = await claimLater();
    assert.equal(await ledger.checkpoint(old, { handler: 'ghost', leaseMs: LEASE_MS }), false);
    assert.equal(await ledger.release(old), false);
    assert.equal(await ledger.complete(old), false);
    assert.equal((await claim()).status, 'in-progress');
    assert.equal(await ledger.release({ key, fence }), true);
    assert.deepEqual([...claimed(await claim()).done], []);
  });

  check('lets a settled claim change nothing', async ({ ledger, key, claim }) => {
    const { fence } = claimed(await claim());
    await ledger.complete({ key, fence });
    assert.equal(await ledger.release({ key, fence }), false);
    assert.equal(await ledger.checkpoint({ key, fence }, { leaseMs: LEASE_MS }), false);
    assert.equal(await ledger.complete({ key, fence }), false);
    assert.equal((await claim()).status, 'completed');
  });

  check('knows nothing of claims that were never made', async ({ ledger, key }) => {
    assert.equal(await ledger.complete({ key, fence: 1 }), false);
    assert.equal(await ledger.release({ key, fence: 1 }), false);
    assert.equal(await ledger.checkpoint({ key, fence: 1 }, { leaseMs: LEASE_MS }), false);
  });

  check('notices another body under the same id, in every state', async ({ ledger, key, claim }) => {
    const other = DIGEST + 1;
    const { fence } = claimed(await claim());
    assert.deepEqual(await claim({ bodyDigest: other }), { status: 'in-progress', isConflict: true });
    assert.deepEqual(await claim(), { status: 'in-progress', isConflict: false });
    await ledger.release({ key, fence });
    const second = claimed(await claim({ bodyDigest: other }));
    assert.equal(second.isConflict, true);
    await ledger.complete({ key, fence: second.fence });
    assert.deepEqual(await claim({ bodyDigest: 7 }), { status: 'completed', isConflict: true });
  });

  check('keeps hostile ids apart', async ({ ledger, key: prefix, claim }) => {
    for (const id of HOSTILE_IDS) assert.equal((await claim({ key: prefix + id })).status, 'claimed');
    for (const id of HOSTILE_IDS) assert.equal((await claim({ key: prefix + id })).status, 'in-progress');
    assert.equal(await ledger.complete({ key: `${prefix}a`, fence: -1 }), false);
  });

  check('gives one of 100 that claim at once the event', async ({ ledger, key, claim }) => {
    const results = await Promise.all(Array.from({ length: 100 }, () => claim()));
    const winners = results.filter((result) => result.status === 'claimed');
    assert.equal(winners.length, 1);
    const { fence } = claimed(winners[0] as ClaimResult);
    const ends = await Promise.all(Array.from({ length: 100 }, async () => ledger.complete({ key, fence })));
    assert.equal(ends.filter(Boolean).length, 1, 'one of 100 completions counts');
  });

  return cases;
}

type Claimed = Extract<ClaimResult, { status: 'claimed' }>;
type ClaimOverrides = Partial<ClaimRequest>;

interface Subject {
  readonly ledger: Ledger;
  readonly key: string;
  readonly claim: (overrides?: ClaimOverrides) => Promise<ClaimResult>;
  /** Claims again and again, until the lease of the holder is over. */
  readonly claimLater: (overrides?: ClaimOverrides) => Promise<Claimed>;
  /** Resolves when every lease of 1 ms that was given before is over by the ledger's clock. */
  readonly endLeases: () => Promise<void>;
}

function subjectOf(ledger: Ledger): Subject {
  const key = `conformance:${randomUUID()}`;
  const claim: Subject['claim'] = async (overrides) =>
    ledger.claim({ key, bodyDigest: DIGEST, leaseMs: LEASE_MS, ...overrides });
  const claimLater: Subject['claimLater'] = async (overrides) => {
    let result = await claim(overrides);
    await until(async () => {
      if (result.status === 'in-progress') result = await claim(overrides);
      return result.status !== 'in-progress';
    });
    return claimed(result);
  };
  const endLeases = async () => {
    const clockKey = `conformance:${randomUUID()}`;
    claimed(await claim({ key: clockKey, leaseMs: 1 }));
    await claimLater({ key: clockKey });
  };
  return { ledger, key, claim, claimLater, endLeases };
}

function claimed(result: ClaimResult): Claimed {
  if (result.status !== 'claimed') assert.fail(`expected the claim, and got ${result.status}`);
  return result;
}

/** Looks again and again, because only the ledger knows its clock. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) assert.fail(`waited ${PATIENCE_MS} ms for the ledger's clock`);
    await delay(1);
  }
}

/** Runs something while the wall clock of this process is wrong. */
async function withClockStep(stepMs: number, run: () => Promise<unknown>): Promise<void> {
  const { now } = Date;
  Date.now = () => now() + stepMs;
  try {
    await run();
  } finally {
    Date.now = now;
  }
}
