/** Lengths of a header, up to the most that Node accepts over HTTP/1.1. */
const LENGTHS: readonly number[] = [1_000, 4_000, 8_000, 15_500];

const FEWEST_ROUNDS = 5;
/** On a busy machine it takes more rounds until each size had one that nothing interrupted. */
const MOST_ROUNDS = 30;

/** Repeats a text until it has exactly this length. */
export const filled =
  (text: string) =>
  (length: number): string =>
    text.repeat(Math.ceil(length / text.length)).slice(0, length);

export interface Growth {
  readonly size: number;
  /** The time as a multiple of the time for the smallest size. */
  readonly times: number;
}

export interface GrowthOptions {
  readonly sizes?: readonly number[];
  readonly callsPerRound?: number;
}

/**
 * Measures how the time of a call grows with the size of what it is given. The times are ratios of shortest times, and more
 * rounds are measured until they are linear or there were enough, so neither the machine nor what else runs on it decides the
 * result: what takes quadratic time does so in every round.
 */
export async function measureGrowth<Input>(
  call: (input: Input) => unknown,
  inputOf: (size: number) => Input,
  { sizes = LENGTHS, callsPerRound = 50 }: GrowthOptions = {},
): Promise<Growth[]> {
  const subjects = sizes.map((size) => ({
    size,
    input: inputOf(size),
    shortestMs: Number.POSITIVE_INFINITY,
  }));
  // The sizes alternate, so that a pause of the machine cannot slow down all rounds of one size.
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (round >= FEWEST_ROUNDS && isLinear(growthOf(subjects))) break;
    for (const subject of subjects) {
      const startedAt = performance.now();
      for (let count = 0; count < callsPerRound; count++) await call(subject.input);
      subject.shortestMs = Math.min(subject.shortestMs, performance.now() - startedAt);
    }
  }
  return growthOf(subjects);
}

function growthOf(subjects: readonly { readonly size: number; readonly shortestMs: number }[]): Growth[] {
  const [smallest = { shortestMs: Number.NaN }] = subjects;
  return subjects.map(({ size, shortestMs }) => ({ size, times: shortestMs / smallest.shortestMs }));
}

/** True for linear time, with room for noise. Quadratic time would be more, if the largest size is eight times the smallest. */
export function isLinear(growth: readonly Growth[]): boolean {
  const [smallest = { size: Number.NaN }] = growth;
  return growth.every(({ size, times }) => times < (3 * size) / smallest.size);
}
