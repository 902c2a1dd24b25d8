import type { Measured } from './disturb.ts';
import type { SoakRecord } from './report.ts';
import { type Point, quantileOf, type Trend, trendOf } from './trend.ts';

/** How much each figure may grow during a run. */
export interface Limits {
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly descriptors: number;
  readonly p99Ms: number;
}

type Trends = { readonly [Figure in keyof Limits]: Trend | undefined };

export interface Figures {
  /** The process that lived longest. Its first fifth does not count, in which code is compiled and buffers get their size. */
  readonly longest: Trends & { readonly livedMs: number };
  readonly all: Trends;
  /** Of small, whole deliveries. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** In the last fifth of the longest life. */
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly descriptors: number;
}

const WARM_UP_SHARE = 0.2;
const WINDOWS = 10;
const MIB = 2 ** 20;

export function figuresOf({ lives, sent }: SoakRecord): Figures {
  const longest = lives.reduce((one, other) => (lifetimeOf(other) > lifetimeOf(one) ? other : one));
  const warmMs = longest.startedMs + WARM_UP_SHARE * lifetimeOf(longest);
  const isWarm = ({ atMs }: { atMs: number }) => atMs >= warmMs && atMs < longest.endedMs;
  const late = longest.samples.slice(-Math.ceil(longest.samples.length / 5));
  const times = sent.latencies.map(({ value }) => value);
  const median = (values: readonly number[]) => quantileOf(values, 0.5);
  return {
    longest: {
      ...trendsOf(longest.samples.filter(isWarm), sent.latencies.filter(isWarm)),
      livedMs: lifetimeOf(longest),
    },
    all: trendsOf(
      lives.flatMap(({ samples }) => samples),
      sent.latencies,
    ),
    p50Ms: median(times),
    p99Ms: quantileOf(times, 0.99),
    rssMiB: median(late.map(({ rssBytes }) => rssBytes / MIB)),
    heapMiB: median(late.map(({ heapBytes }) => heapBytes / MIB)),
    descriptors: median(late.map(({ descriptors }) => descriptors)),
  };
}

function trendsOf(samples: readonly Measured[], latencies: readonly Point[]): Trends {
  const of = (read: (sample: Measured) => number) =>
    trendOf(samples.map((sample) => ({ atMs: sample.atMs, value: read(sample) })));
  return {
    rssMiB: of(({ rssBytes }) => rssBytes / MIB),
    heapMiB: of(({ heapBytes }) => heapBytes / MIB),
    descriptors: of(({ descriptors }) => descriptors),
    p99Ms: trendOf(p99Windows(latencies)),
  };
}

/** The p99 of each of some windows of equal length. */
function p99Windows(latencies: readonly Point[]): readonly Point[] {
  const fromMs = latencies[0]?.atMs ?? 0;
  const widthMs = ((latencies.at(-1)?.atMs ?? 0) - fromMs) / WINDOWS;
  const windows = Array.from({ length: WINDOWS }, (): number[] => []);
  for (const { atMs, value } of latencies) {
    windows[Math.min(WINDOWS - 1, Math.max(0, Math.floor((atMs - fromMs) / widthMs)))]?.push(value);
  }
  return windows.flatMap((values, index) =>
    values.length > 0 ? [{ atMs: fromMs + (index + 0.5) * widthMs, value: quantileOf(values, 0.99) }] : [],
  );
}

function lifetimeOf({
  startedMs,
  endedMs,
}: {
  readonly startedMs: number;
  readonly endedMs: number;
}): number {
  return endedMs - startedMs;
}
