import type { SoakRecord, SoakReport } from './report.ts';
import type { Trend } from './trend.ts';

type Row = readonly [what: string, read: (report: SoakReport) => string];

const ROWS: readonly Row[] = [
  ['deliveries', ({ record }) => number(record.sent.deliveries)],
  ['events acknowledged', ({ record }) => number(record.sent.acknowledged.size)],
  ['promises broken', ({ broken }) => number(broken.length)],
  ['deploys', ({ record }) => number(ended(record, 'stopped'))],
  ['kills', ({ record }) => number(ended(record, 'killed'))],
  ['steps of the clock', ({ record }) => number(record.steps)],
  ['effects that came again after a kill', ({ record }) => number(repeats(record))],
  ['events that needed another attempt', ({ record }) => number(record.sent.retried)],
  ['events that no attempt delivered', ({ record }) => number(record.sent.givenUp.length)],
  ['answer, p50', ({ figures }) => `${figures.p50Ms.toFixed(1)} ms`],
  ['answer, p99', ({ figures }) => `${figures.p99Ms.toFixed(0)} ms`],
  ['the longest process lived', ({ figures }) => `${(figures.longest.livedMs / 60_000).toFixed(1)} min`],
  ['its p99', ({ figures }) => slope(figures.longest.p99Ms, 'ms')],
  ['its RSS', ({ figures }) => `${figures.rssMiB.toFixed(0)} MiB, ${slope(figures.longest.rssMiB, 'MiB')}`],
  [
    'its heap',
    ({ figures }) => `${figures.heapMiB.toFixed(1)} MiB, ${slope(figures.longest.heapMiB, 'MiB')}`,
  ],
  ['its descriptors', ({ figures }) => `${figures.descriptors}, ${slope(figures.longest.descriptors, '')}`],
];

/** A table in Markdown with a column for each engine. A slope has its standard error. */
export function tableOf(reports: readonly SoakReport[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['', ...reports.map(({ record }) => record.engine)]),
    line(['---', ...reports.map(() => '---')]),
    ...ROWS.map(([what, read]) => line([what, ...reports.map(read)])),
  ].join('\n');
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function ended({ lives }: SoakRecord, how: 'stopped' | 'killed'): number {
  return lives.filter(({ end }) => end === how).length;
}

function repeats({ lives }: SoakRecord): number {
  const effects = lives.flatMap((life) => life.effects);
  return effects.length - new Set(effects).size;
}

function slope(trend: Trend | undefined, unit: string): string {
  if (!trend) return 'too short to tell';
  const { perHour, error } = trend;
  return `${perHour.toFixed(1)} ± ${error.toFixed(1)} ${unit} per hour`.replace(/ {2}/, ' ');
}
