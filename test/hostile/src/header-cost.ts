/** Header lengths up to the most that Node accepts. */
export const SIZES: readonly [number, ...number[]] = [1_000, 4_000, 8_000, 15_500];

const ROUNDS = 9;

/**
 * Measures how the time of a call grows with the length of its header.
 *
 * @returns for each of `SIZES`, the time as a multiple of the time for the shortest header. It is a ratio of shortest times, so
 * neither the machine nor what else runs on it decides the result.
 */
export function measureGrowth(
  call: (header: string) => void,
  headerOf: (length: number) => string,
  callsPerRound = 200,
): number[] {
  const headers = SIZES.map(headerOf);
  const shortest = headers.map(() => Number.POSITIVE_INFINITY);
  // The sizes alternate, so that a pause of the machine cannot slow down all rounds of one size.
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, header] of headers.entries()) {
      const startedAt = performance.now();
      for (let count = 0; count < callsPerRound; count++) call(header);
      shortest[index] = Math.min(shortest[index] ?? 0, performance.now() - startedAt);
    }
  }
  return shortest.map((time) => time / (shortest[0] ?? 0));
}
