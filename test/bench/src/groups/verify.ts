import { eventBody, SIZES, sizeName } from '../bodies.ts';
import { compare, type Pace } from '../measure.ts';
import { PEERS } from '../peers.ts';
import type { Result } from '../results.ts';

const GROUP = 'verify and parse';

export async function measureVerify(pace: Pace): Promise<Result[]> {
  const results: Result[] = [];
  for (const bytes of SIZES) {
    const body = eventBody(bytes);
    const timings = await compare(
      PEERS.map(({ name, prepare }) => ({ name, ...prepare(body) })),
      pace,
    );
    for (const { name, ratio, ns } of timings) {
      const cell = { group: GROUP, name, at: sizeName(bytes) };
      results.push({ ...cell, value: ratio, unit: '×' }, { ...cell, value: ns, unit: 'ns' });
    }
  }
  return results;
}
