import { Session } from 'node:inspector/promises';
import { eventBody } from '../bodies.ts';
import { runAlone } from '../child.ts';
import { type Case, inputsOf, runAll } from '../measure.ts';
import { PEERS } from '../peers.ts';
import { octokitPipeline, ourPipeline } from '../receivers.ts';
import type { Result } from '../results.ts';

const BYTES = 1_024;
const WARM_UP_CALLS = 10_000;
const CALLS = 1_000;

/** Measures how much each call leaves for the garbage collector. */
export async function measureAllocations(): Promise<Result[]> {
  const counted = await runAlone<Allocations[]>('allocations');
  return counted.flatMap(({ name, objects, bytes }): Result[] => {
    const row = { table: 'Allocations', row: name, unit: '' as const };
    return [
      { ...row, column: 'objects', value: objects },
      { ...row, column: 'bytes', value: bytes },
    ];
  });
}

/** Numbers per call. */
export interface Allocations {
  readonly name: string;
  readonly objects: number;
  readonly bytes: number;
}

/** The types of Node do not have `samples`. */
interface HeapProfile {
  readonly samples: readonly { readonly size: number }[];
}

/** Counts every object on the heap, including those that were collected already. */
export async function countAllocations(): Promise<Allocations[]> {
  const session = new Session();
  session.connect();
  const counted: Allocations[] = [];
  for (const each of allocationCases()) {
    await runAll(each, inputsOf(each, WARM_UP_CALLS));
    const given = inputsOf(each, CALLS);
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: 1, // With an interval of one byte, every object becomes a sample.
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await runAll(each, given);
    const { profile } = await session.post('HeapProfiler.stopSampling');
    const { samples } = profile as unknown as HeapProfile;
    const bytes = samples.reduce((sum, { size }) => sum + size, 0);
    counted.push({ name: each.name, objects: samples.length / CALLS, bytes: bytes / CALLS });
  }
  session.disconnect();
  return counted;
}

// biome-ignore lint/suspicious/noExplicitAny: each case has its own type of input.
function allocationCases(): Case<any>[] {
  const body = eventBody(BYTES);
  return [
    ...PEERS.map(({ name, prepare }) => ({ name, ...prepare(body) })),
    { ...ourPipeline({ bytes: BYTES }), name: 'receive()' },
    { ...ourPipeline({ bytes: BYTES, ledger: false }), name: 'receive(), without a ledger' },
    octokitPipeline(BYTES),
  ];
}
