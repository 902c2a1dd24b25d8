import { sizeName } from '../bodies.ts';
import { compare, type Pace } from '../measure.ts';
import { TABLES } from '../names.ts';
import { limitPipeline, octokitPipeline, ourPipeline } from '../receivers.ts';
import type { Result } from '../results.ts';
import { ratiosAndTimes } from '../timing-results.ts';

export async function measureReceive(pace: Pace): Promise<Result[]> {
  const results: Result[] = [];
  for (const bytes of [1_024, 32_768]) {
    const cases = [
      limitPipeline(bytes),
      { ...ourPipeline({ bytes }), name: 'receive()' },
      // These two show how much of the time the ledger and the handler take.
      { ...ourPipeline({ bytes, ledger: false }), name: 'receive(), without a ledger' },
      { ...ourPipeline({ bytes, handlers: 0 }), name: 'receive(), without a handler' },
      octokitPipeline(bytes),
    ];
    results.push(...ratiosAndTimes(TABLES.receive, sizeName(bytes), await compare(cases, pace)));
  }
  return results;
}
