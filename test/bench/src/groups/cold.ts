import { gzipSync } from 'node:zlib';
import { bundleProgram } from '../cold/bundle.ts';
import { type AskNewProcess, askNewFunction, askNewWorker } from '../cold/first-answer.ts';
import { median } from '../measure.ts';
import { deliveries, type Incoming } from '../receivers.ts';
import type { Result } from '../results.ts';

/** The first one of each platform does nothing, and the others are compared to it. */
export const PROGRAMS = ['empty', 'hand-written', 'showpad-webhooks'] as const;

export const PLATFORMS: Readonly<Record<string, { readonly table: string; readonly ask: AskNewProcess }>> = {
  lambda: { table: 'Cold start of a function', ask: askNewFunction },
  worker: { table: 'Cold start of a Worker', ask: askNewWorker },
};

/** Measures how long it takes from the start of a process until its first delivery is answered. */
export async function measureCold(rounds: number): Promise<Result[]> {
  const results: Result[] = [];
  for (const [platform, { table, ask }] of Object.entries(PLATFORMS)) {
    const bundles = await Promise.all(PROGRAMS.map((program) => bundleProgram(`${platform}-${program}`)));
    const times = await alternate(bundles, ask, rounds);
    const [base = []] = times;
    for (const [index, row] of PROGRAMS.entries()) {
      const own = times[index] ?? [];
      const ratio = median(own.map((ms, round) => ms / (base[round] as number)));
      const kilobytes = gzipSync(bundles[index] ?? '', { level: 9 }).length / 1024;
      results.push(
        { table, row, column: 'start to first answer', value: ratio, unit: '×' },
        { table, row, column: 'start to first answer', value: median(own), unit: 'ms' },
        { table, row, column: 'bundle', value: kilobytes, unit: 'kB gzip' },
      );
    }
  }
  return results;
}

/** Does not count the first round, in which the files are not in the disk's cache yet. */
async function alternate(
  bundles: readonly string[],
  ask: AskNewProcess,
  rounds: number,
): Promise<number[][]> {
  const times = bundles.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < bundles.length; turn++) {
      const index = (round + turn) % bundles.length;
      const [delivery] = deliveries(1, 1_024) as [Incoming];
      const { status, ms } = await ask(bundles[index] as string, delivery);
      if (status !== 200) throw new Error(`A delivery was answered with ${status}.`);
      if (round > 0) times[index]?.push(ms);
    }
  }
  return times;
}
