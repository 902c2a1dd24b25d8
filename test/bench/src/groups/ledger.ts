import { randomUUID } from 'node:crypto';
import { createMemoryLedger, type Ledger } from '@showpad-webhooks/core';
import { runAlone } from '../child.ts';
import { median, type Pace } from '../measure.ts';
import { TABLES } from '../names.ts';
import type { Result } from '../results.ts';

const SIZES: readonly number[] = [1e3, 1e4, 1e5, 1e6];
const CALLS = 2_000;
const WARM_UP_IDS = 10_000;
/** Fewer ids take less memory than a heap gains and loses by itself. */
const FEWEST_IDS_TO_WEIGH = 1e5;

export async function measureLedger({ rounds }: Pace): Promise<Result[]> {
  const results: Result[] = [];
  for (const size of SIZES) {
    const { ns, bytes } = await runAlone<LedgerFigures>('ledger', size, rounds);
    const row = { table: TABLES.ledger, row: `${size.toLocaleString('en')} ids` };
    results.push({ ...row, column: 'claim and complete', value: ns, unit: 'ns' });
    if (size >= FEWEST_IDS_TO_WEIGH) {
      results.push({ ...row, column: 'bytes per id', value: bytes, unit: 'bytes' });
    }
  }
  return results;
}

export interface LedgerFigures {
  readonly ns: number;
  readonly bytes: number;
}

/** Needs a process with --expose-gc whose heap holds nothing else. */
export function weighLedger(size: number, rounds: number): LedgerFigures {
  createFilledLedger(WARM_UP_IDS);
  const before = heapBytes();
  const ledger = createFilledLedger(size);
  const bytes = (heapBytes() - before) / size;
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const keys = Array.from({ length: CALLS }, newKey);
    const startedAt = process.hrtime.bigint();
    for (const key of keys) handle(ledger, key);
    times.push(Number(process.hrtime.bigint() - startedAt) / CALLS);
  }
  return { ns: median(times), bytes };
}

/** Returns a ledger that is full, so that each new id also costs it an old one. */
export function createFilledLedger(size: number): Ledger {
  const ledger = createMemoryLedger({ maxEntries: Math.max(size, 1) });
  for (let index = 0; index < size; index++) handle(ledger, newKey());
  return ledger;
}

function handle(ledger: Ledger, key: string): void {
  const claim = ledger.claim({ key, bodyDigest: 1, leaseMs: 10_000 });
  if (!('fence' in claim)) throw new Error('The ledger did not claim a new id.');
  void ledger.complete({ key, fence: claim.fence });
}

/** A string from a Buffer is in one piece, as it is in a receiver. A concatenated one would keep both its parts. */
function newKey(): string {
  return Buffer.from(`default:${randomUUID()}`, 'latin1').toString('latin1');
}

function heapBytes(): number {
  for (let count = 0; count < 3; count++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
