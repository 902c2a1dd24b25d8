import { findResult, type Result, type Unit } from '../results.ts';

/** Growth of more than this is marked. */
export const NOTICEABLE = 0.1;

/** What can be compared between machines: sizes, and ratios to what was measured in the same run. */
const COMPARABLE: readonly Unit[] = ['×', 'bytes', 'kB gzip'];

/**
 * How much the numbers of a row grew since an earlier run: the largest growth of its columns, marked if it is more than 10 %. Of a
 * throughput, the decline counts. Empty if there is nothing to compare.
 */
export function growthSince(earlier: readonly Result[], row: readonly Result[]): string {
  const growths = row.flatMap((result) => {
    const before = COMPARABLE.includes(result.unit) ? findResult(earlier, result) : undefined;
    if (!before) return [];
    const isThroughput = row.some(({ column, unit }) => column === result.column && unit === 'req/s');
    const growth = isThroughput ? before.value / result.value - 1 : result.value / before.value - 1;
    return [{ column: result.column, growth }];
  });
  const [first, ...others] = growths;
  if (!first) return '';
  const most = others.reduce((one, other) => (other.growth > one.growth ? other : one), first);
  const percent = Math.round(most.growth * 100);
  const text = `${percent > 0 ? '+' : ''}${percent} %`;
  return most.growth > NOTICEABLE ? `**${text}** (${most.column})` : text;
}
