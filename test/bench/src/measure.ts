/** One thing to time. What `inputs` makes is not timed. */
export interface Case<Input = unknown> {
  readonly name: string;
  /** As many inputs as calls will be timed, for what may be used only once. */
  readonly inputs?: (count: number) => readonly Input[];
  /** Awaited where it gives a promise. */
  readonly run: (input: Input) => unknown;
}

export interface Timing {
  readonly name: string;
  /** Median over the rounds. */
  readonly ns: number;
  /** To the first case: the median of each round's own ratio, since what slows a round slows all of it. */
  readonly ratio: number;
}

export interface Pace {
  readonly rounds: number;
  /** How long one case runs in one round, about. */
  readonly sliceMs: number;
}

const WARM_SLICES = 4;

/** Times the cases side by side, in rounds, each round beginning with another case. The first is what others are compared to. */
// biome-ignore lint/suspicious/noExplicitAny: every case has inputs of its own.
export async function compare(cases: readonly Case<any>[], { rounds, sliceMs }: Pace): Promise<Timing[]> {
  const counts: number[] = [];
  for (const each of cases) counts.push(await calibrate(each, sliceMs));
  const times = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < cases.length; turn++) {
      const index = (round + turn) % cases.length;
      times[index]?.push(await time(cases[index] as Case, counts[index] as number));
    }
  }
  const [base = []] = times;
  return cases.map(({ name }, index) => {
    const own = times[index] as number[];
    return { name, ns: median(own), ratio: median(own.map((ns, round) => ns / (base[round] as number))) };
  });
}

/** How many calls fill a slice, found by doubling once the code is warm. */
async function calibrate(each: Case, sliceMs: number): Promise<number> {
  for (let count = 1, spentMs = 0; ; count *= 2) {
    const ns = await time(each, count);
    spentMs += (ns * count) / 1e6;
    if (spentMs >= WARM_SLICES * sliceMs) return Math.max(1, Math.round((sliceMs * 1e6) / ns));
  }
}

/** ns per call. */
async function time(each: Case, count: number): Promise<number> {
  const given = inputsOf(each, count);
  globalThis.gc?.({ type: 'minor' }); // what the inputs left is not this case's to collect
  const startedAt = process.hrtime.bigint();
  await runAll(each, given);
  return Number(process.hrtime.bigint() - startedAt) / count;
}

export function inputsOf({ inputs }: Case, count: number): readonly unknown[] {
  return inputs ? inputs(count) : new Array<undefined>(count).fill(undefined);
}

/** One call after another; a case that gives no promise is not awaited. */
export async function runAll({ run }: Case, given: readonly unknown[]): Promise<void> {
  const first = run(given[0]);
  if (first instanceof Promise) {
    await first;
    for (let index = 1; index < given.length; index++) await run(given[index]);
  } else {
    for (let index = 1; index < given.length; index++) run(given[index]);
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
