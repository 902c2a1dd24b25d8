import { sizeName } from '../bodies.ts';
import { compare, type Pace } from '../measure.ts';
import { limitPipeline, octokitPipeline, ourPipeline } from '../receivers.ts';
import type { Result } from '../results.ts';

export async function measureReceive(pace: Pace): Promise<Result[]> {
  const results: Result[] = [];
  for (const bytes of [1_024, 32_768]) {
    const timings = await compare(
      [
        limitPipeline(bytes),
        { ...ourPipeline({ bytes }), name: 'receive()' },
        // Where its time goes.
        { ...ourPipeline({ bytes, ledger: false }), name: 'receive(), without a ledger' },
        { ...ourPipeline({ bytes, handlers: 0 }), name: 'receive(), without a handler' },
        octokitPipeline(bytes),
      ],
      pace,
    );
    for (const { name, ratio, ns } of timings) {
      const cell = { group: 'the whole pipeline', name, at: sizeName(bytes) };
      results.push({ ...cell, value: ratio, unit: '×' }, { ...cell, value: ns, unit: 'ns' });
    }
  }
  return results;
}
