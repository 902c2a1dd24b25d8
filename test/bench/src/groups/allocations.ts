import { Session } from 'node:inspector/promises';
import { eventBody } from '../bodies.ts';
import { runAlone } from '../child.ts';
import { type Case, inputsOf, runAll } from '../measure.ts';
import { PEERS } from '../peers.ts';
import { type Incoming, octokitPipeline, ourPipeline } from '../receivers.ts';
import type { Result } from '../results.ts';

const BYTES = 1_024;
const WARM_UP_CALLS = 10_000;
const CALLS = 1_000;

/** What is left for the garbage collector, in a process whose heap no other group has touched. */
export async function measureAllocations(): Promise<Result[]> {
  const counted = await runAlone<Allocations[]>('allocations');
  return counted.flatMap(({ name, objects, bytes }): Result[] => {
    const row = { group: 'allocations', name, unit: '' as const };
    return [
      { ...row, at: 'objects', value: objects },
      { ...row, at: 'bytes', value: bytes },
    ];
  });
}

/** Per call, on the heap. */
export interface Allocations {
  readonly name: string;
  readonly objects: number;
  readonly bytes: number;
}

/** What the types of Node leave out. */
interface HeapProfile {
  readonly samples: readonly { readonly size: number }[];
}

/** Looks at every object, also at what has been collected since. */
export async function countAllocations(): Promise<Allocations[]> {
  const session = new Session();
  session.connect();
  const counted: Allocations[] = [];
  for (const each of allocationCases()) {
    await runAll(each, inputsOf(each, WARM_UP_CALLS));
    const given = inputsOf(each, CALLS);
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: 1, // of one byte: every object is a sample
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

/** Verify and parse, then whole pipelines. */
function allocationCases(): Case[] {
  const body = eventBody(BYTES);
  const pipelines: Case<Incoming>[] = [
    { ...ourPipeline({ bytes: BYTES }), name: 'receive()' },
    { ...ourPipeline({ bytes: BYTES, ledger: false }), name: 'receive(), without a ledger' },
    octokitPipeline(BYTES),
  ];
  return [...PEERS.map(({ name, prepare }) => ({ name, ...prepare(body) })), ...(pipelines as Case[])];
}
