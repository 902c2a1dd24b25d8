import { randomUUID } from 'node:crypto';
import { createMemoryLedger, type Ledger } from '@showpad-webhooks/core';
import { runAlone } from '../child.ts';
import type { Pace } from '../measure.ts';
import { median } from '../measure.ts';
import type { Result } from '../results.ts';

const SIZES: readonly number[] = [1e3, 1e4, 1e5, 1e6];
const CALLS = 2_000;
/** Below it a heap's own ups and downs are more than what the ids take. */
const FEWEST_TO_WEIGH = 1e5;

/** Each size in a process of its own, with a heap of its own. */
export async function measureLedger({ rounds }: Pace): Promise<Result[]> {
  const results: Result[] = [];
  for (const size of SIZES) {
    const { ns, bytes } = await runAlone<LedgerFigures>('ledger', size, rounds);
    const row = { group: 'ledger', name: `${size.toLocaleString('en')} ids` };
    results.push({ ...row, at: 'claim and complete', value: ns, unit: 'ns' });
    if (size >= FEWEST_TO_WEIGH) {
      results.push({ ...row, at: 'bytes per id', value: bytes, unit: 'bytes' });
    }
  }
  return results;
}

export interface LedgerFigures {
  readonly ns: number;
  readonly bytes: number;
}

/** In a child with --expose-gc. */
export function weighLedger(size: number, rounds: number): LedgerFigures {
  warmUp();
  const before = heapBytes();
  const ledger = createFilledLedger(size);
  const bytes = (heapBytes() - before) / size;
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const keys = Array.from({ length: CALLS }, newKey);
    const startedAt = process.hrtime.bigint();
    for (const key of keys) handle(ledger, key, size);
    times.push(Number(process.hrtime.bigint() - startedAt) / CALLS);
  }
  return { ns: median(times), bytes };
}

/** With `size` ids, and full, so that more make it forget. */
export function createFilledLedger(size: number): Ledger {
  const ledger = createMemoryLedger({ maxEntries: Math.max(size, 1) });
  for (let index = 0; index < size; index++) handle(ledger, newKey(), index);
  return ledger;
}

function handle(ledger: Ledger, key: string, nowMs: number): void {
  const claim = ledger.claim({ key, bodyDigest: 1, leaseMs: 10_000, nowMs });
  if (!('fence' in claim)) throw new Error('a new id was not claimed');
  void ledger.complete({ key, fence: claim.fence }, { nowMs });
}

/** One flat string, as JSON.parse and the receiver's template make it; concatenation would keep two halves. */
function newKey(): string {
  return Buffer.from(`default:${randomUUID()}`, 'latin1').toString('latin1');
}

function warmUp(): void {
  createFilledLedger(10_000);
}

function heapBytes(): number {
  for (let count = 0; count < 3; count++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
