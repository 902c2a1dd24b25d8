import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ClaimResult, Ledger } from '../once/ledger.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { HOSTILE_IDS } from './hostile-ids.ts';

const NOW = 1_700_000_000_000;
const LEASE_MS = 10_000;
const DIGEST = 1234;

/**
 * What a `Ledger` must do, as cases that reject if it does not: claims, leases, fences, retries, hostile
 * ids, and a race of 100. Each case uses its own keys, so one store can serve them all.
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
      { status: 'claimed', attempt: 1, done: [], isConflict: false },
    );
  });

  check('says in-progress until the lease is over, and not after', async ({ claim }) => {
    const first = claimed(await claim({ nowMs: NOW }));
    assert.equal((await claim({ nowMs: NOW + LEASE_MS - 1 })).status, 'in-progress');
    const second = claimed(await claim({ nowMs: NOW + LEASE_MS }));
    assert.ok(second.fence > first.fence, 'a later claim has a higher fence');
    assert.equal(second.attempt, 2);
  });

  check('says completed for ever after, whatever the time of the lease', async ({ ledger, key, claim }) => {
    const { fence } = claimed(await claim());
    assert.equal(await ledger.complete({ key, fence }, { nowMs: NOW + 1 }), true);
    for (const nowMs of [NOW + 1, NOW + LEASE_MS + 1])
      assert.equal((await claim({ nowMs })).status, 'completed');
  });

  check(
    'gives a released event again at once, counting attempts and keeping what is done',
    async (subject) => {
      const { ledger, key, claim } = subject;
      const first = claimed(await claim());
      for (const handler of ['crm', 'crm 2', '__proto__', '']) {
        assert.equal(
          await ledger.checkpoint({ key, fence: first.fence }, { handler, leaseMs: LEASE_MS, nowMs: NOW }),
          true,
        );
      }
      assert.equal(await ledger.release({ key, fence: first.fence }, { nowMs: NOW }), true);
      const second = claimed(await claim());
      assert.equal(second.attempt, 2);
      assert.deepEqual([...second.done], ['crm', 'crm 2', '__proto__', '']);
      assert.equal(await ledger.release({ key, fence: second.fence }, { nowMs: NOW }), true);
      assert.deepEqual([...claimed(await claim()).done], ['crm', 'crm 2', '__proto__', '']);
    },
  );

  check('keeps what a dead holder had done', async ({ ledger, key, claim }) => {
    const { fence } = claimed(await claim());
    await ledger.checkpoint({ key, fence }, { handler: 'crm', leaseMs: LEASE_MS, nowMs: NOW });
    assert.deepEqual([...claimed(await claim({ nowMs: NOW + LEASE_MS })).done], ['crm']);
  });

  check('renews the lease at a checkpoint, with or without a handler', async ({ ledger, key, claim }) => {
    const { fence } = claimed(await claim());
    await ledger.checkpoint({ key, fence }, { leaseMs: LEASE_MS, nowMs: NOW + 9_000 });
    assert.equal((await claim({ nowMs: NOW + 18_000 })).status, 'in-progress');
    await ledger.checkpoint({ key, fence }, { handler: 'crm', leaseMs: LEASE_MS, nowMs: NOW + 18_000 });
    assert.equal((await claim({ nowMs: NOW + 27_000 })).status, 'in-progress');
    assert.deepEqual([...claimed(await claim({ nowMs: NOW + 28_000 })).done], ['crm']);
  });

  check('lets a holder finish after its lease, where nobody took over', async ({ ledger, key, claim }) => {
    const { fence } = claimed(await claim());
    assert.equal(await ledger.complete({ key, fence }, { nowMs: NOW + LEASE_MS * 2 }), true);
    assert.equal((await claim({ nowMs: NOW + LEASE_MS * 2 })).status, 'completed');
  });

  check('lets an older fence change nothing', async ({ ledger, key, claim }) => {
    const { fence: oldFence } = claimed(await claim());
    const { fence } = claimed(await claim({ nowMs: NOW + LEASE_MS }));
    const old = { key, fence: oldFence };
    const nowMs = NOW + LEASE_MS + 1;
    assert.equal(await ledger.checkpoint(old, { handler: 'ghost', leaseMs: LEASE_MS * 9, nowMs }), false);
    assert.equal(await ledger.release(old, { nowMs }), false);
    assert.equal(await ledger.complete(old, { nowMs }), false);
    assert.equal((await claim({ nowMs })).status, 'in-progress');
    assert.equal(await ledger.release({ key, fence }, { nowMs }), true);
    assert.deepEqual([...claimed(await claim({ nowMs })).done], []);
  });

  check('lets a settled claim change nothing', async ({ ledger, key, claim }) => {
    const { fence } = claimed(await claim());
    await ledger.complete({ key, fence }, { nowMs: NOW });
    assert.equal(await ledger.release({ key, fence }, { nowMs: NOW }), false);
    assert.equal(await ledger.checkpoint({ key, fence }, { leaseMs: LEASE_MS, nowMs: NOW }), false);
    assert.equal(await ledger.complete({ key, fence }, { nowMs: NOW }), false);
    assert.equal((await claim()).status, 'completed');
  });

  check('knows nothing of claims that were never made', async ({ ledger, key }) => {
    assert.equal(await ledger.complete({ key, fence: 1 }, { nowMs: NOW }), false);
    assert.equal(await ledger.release({ key, fence: 1 }, { nowMs: NOW }), false);
    assert.equal(await ledger.checkpoint({ key, fence: 1 }, { leaseMs: LEASE_MS, nowMs: NOW }), false);
  });

  check('notices another body under the same id, in every state', async ({ ledger, key, claim }) => {
    const other = DIGEST + 1;
    const { fence } = claimed(await claim());
    assert.deepEqual(await claim({ bodyDigest: other }), { status: 'in-progress', isConflict: true });
    assert.deepEqual(await claim(), { status: 'in-progress', isConflict: false });
    await ledger.release({ key, fence }, { nowMs: NOW });
    const second = claimed(await claim({ bodyDigest: other }));
    assert.equal(second.isConflict, true);
    await ledger.complete({ key, fence: second.fence }, { nowMs: NOW });
    assert.deepEqual(await claim({ bodyDigest: 7 }), { status: 'completed', isConflict: true });
  });

  check('keeps hostile ids apart', async ({ ledger, key: prefix, claim }) => {
    for (const id of HOSTILE_IDS) assert.equal((await claim({ key: prefix + id })).status, 'claimed');
    for (const id of HOSTILE_IDS) assert.equal((await claim({ key: prefix + id })).status, 'in-progress');
    assert.equal(await ledger.complete({ key: `${prefix}a`, fence: -1 }, { nowMs: NOW }), false);
  });

  check('gives one of 100 that claim at once the event', async ({ ledger, key, claim }) => {
    const results = await Promise.all(Array.from({ length: 100 }, () => claim()));
    const winners = results.filter((result) => result.status === 'claimed');
    assert.equal(winners.length, 1);
    const { fence } = claimed(winners[0] as ClaimResult);
    const ends = await Promise.all(
      Array.from({ length: 100 }, async () => ledger.complete({ key, fence }, { nowMs: NOW })),
    );
    assert.equal(ends.filter(Boolean).length, 1, 'one of 100 completions counts');
  });

  return cases;
}

interface Subject {
  readonly ledger: Ledger;
  readonly key: string;
  readonly claim: (request?: { key?: string; nowMs?: number; bodyDigest?: number }) => Promise<ClaimResult>;
}

function subjectOf(ledger: Ledger): Subject {
  const key = `conformance:${randomUUID()}`;
  const claim: Subject['claim'] = async (request) =>
    ledger.claim({ key, nowMs: NOW, bodyDigest: DIGEST, leaseMs: LEASE_MS, ...request });
  return { ledger, key, claim };
}

function claimed(result: ClaimResult): Extract<ClaimResult, { status: 'claimed' }> {
  if (result.status !== 'claimed') assert.fail(`expected the claim, and got ${result.status}`);
  return result;
}
