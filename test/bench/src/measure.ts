/** Something to time. */
export interface Case<Input = unknown> {
  readonly name: string;
  /** Creates one input for each timed call, if an input can be used only once. Its time does not count. */
  readonly inputs?: (count: number) => readonly Input[];
  /** If it returns a promise, the promise is awaited. */
  readonly run: (input: Input) => unknown;
}

export interface Timing {
  readonly name: string;
  /** The median over all rounds. */
  readonly ns: number;
  /** The median of each round's ratio to the first case. Whatever slows a round slows all of its cases. */
  readonly ratio: number;
}

export interface Pace {
  readonly rounds: number;
  /** About how long each case runs in a round. */
  readonly sliceMs: number;
}

const WARM_SLICES = 4;

/**
 * Times the cases in rounds and compares them to the first case. Each round begins with a different case, so that
 * whatever slows the machine for a moment does not always hit the same case.
 */
// biome-ignore lint/suspicious/noExplicitAny: each case has its own type of input.
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

/** Returns how many calls fill a slice. It doubles the count until the code is warm. */
async function calibrate(each: Case, sliceMs: number): Promise<number> {
  let spentMs = 0;
  for (let count = 1; ; count *= 2) {
    const ns = await time(each, count);
    spentMs += (ns * count) / 1e6;
    if (spentMs >= WARM_SLICES * sliceMs) return Math.max(1, Math.round((sliceMs * 1e6) / ns));
  }
}

/** Returns nanoseconds per call. */
async function time(each: Case, count: number): Promise<number> {
  const given = inputsOf(each, count);
  // Otherwise the case would also pay for the garbage that its inputs left.
  globalThis.gc?.({ type: 'minor' });
  const startedAt = process.hrtime.bigint();
  await runAll(each, given);
  return Number(process.hrtime.bigint() - startedAt) / count;
}

export function inputsOf({ inputs }: Case, count: number): readonly unknown[] {
  return inputs ? inputs(count) : new Array<undefined>(count).fill(undefined);
}

/** Awaits only what is a promise, because awaiting anything else would add time to a synchronous case. */
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
