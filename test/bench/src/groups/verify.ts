import { eventBody, SIZES, sizeName } from '../bodies.ts';
import { compare, type Pace } from '../measure.ts';
import { TABLES } from '../names.ts';
import { PEERS } from '../peers.ts';
import type { Result } from '../results.ts';
import { ratiosAndTimes } from '../timing-results.ts';

export async function measureVerify(pace: Pace): Promise<Result[]> {
  const results: Result[] = [];
  for (const bytes of SIZES) {
    const body = eventBody(bytes);
    const cases = PEERS.map(({ name, prepare }) => ({ name, ...prepare(body) }));
    results.push(...ratiosAndTimes(TABLES.verify, sizeName(bytes), await compare(cases, pace)));
  }
  return results;
}
