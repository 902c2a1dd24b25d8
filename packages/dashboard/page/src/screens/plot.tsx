import { formatDuration } from '@showpad-webhooks/ui/state/format.ts';
import type { VNode } from 'preact';
import { formatCount } from '../state/numbers.ts';

const WIDTH = 200;
const HEIGHT = 32;
const MIN_SPAN_MS = 300_000;
/** The server takes a sample every 10 s. After a longer gap the line begins again. */
const GAP_MS = 45_000;

interface PlotProps {
  readonly label: string;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

/** A line without axes. Its highest value is at the top, and 0 at the bottom. */
export function Plot({ label, times, values }: PlotProps): VNode {
  const end = times.at(-1) ?? 0;
  const span = Math.max(MIN_SPAN_MS, end - (times[0] ?? end));
  const known = values.filter((value) => value !== null);
  const highest = Math.max(0, ...known);
  const x = (time: number) => WIDTH - ((end - time) / span) * WIDTH;
  const y = (value: number) => HEIGHT - 1 - (highest === 0 ? 0 : (value / highest) * (HEIGHT - 2));
  let path = '';
  let last = Number.NEGATIVE_INFINITY;
  for (const [index, value] of values.entries()) {
    const time = times[index] as number;
    if (value === null) continue;
    path += `${time - last > GAP_MS ? 'M' : 'L'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
    last = time;
  }
  const text =
    known.length < 2
      ? 'not enough samples yet'
      : `over ${formatDuration(Math.round((end - (times[0] as number)) / 1_000) * 1_000)}, between ${formatCount(Math.min(...known))} and ${formatCount(highest)}`;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${text}`}
    >
      <path d={path} />
    </svg>
  );
}
