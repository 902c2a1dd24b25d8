import type { Sample } from '../../../src/sampler.ts';

const COUNT = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const MINUTE_MS = 60_000;

export const formatCount = (count: number): string =>
  count < 10 ? SHORT.format(count) : COUNT.format(Math.round(count));

/** A number and what it counts, such as `1 entry`. */
export const entries = (count: number): string =>
  `${formatCount(count)} ${count === 1 ? 'entry' : 'entries'}`;

/**
 * How many events were done per minute before each sample. Null: nobody knows, because old entries were deleted or done ones
 * were retried, or because it is the first sample.
 */
export function rates(samples: readonly Sample[]): readonly (number | null)[] {
  return samples.map((sample, index) => {
    const before = samples[index - 1];
    return before ? rate(before, sample) : null;
  });
}

/** Over the last minute, or over what is known of it. */
export function handledPerMinute(samples: readonly Sample[]): number | undefined {
  const last = samples.at(-1);
  const before =
    samples.findLast(({ atMs }) => last !== undefined && last.atMs - atMs >= MINUTE_MS) ?? samples[0];
  return (last && before && rate(before, last)) ?? undefined;
}

function rate(from: Sample, to: Sample): number | null {
  const ms = to.atMs - from.atMs;
  return ms < 1_000 || to.done < from.done ? null : ((to.done - from.done) / ms) * MINUTE_MS;
}
