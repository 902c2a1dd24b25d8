import { writeSync } from 'node:fs';

/** One run of a handler. Times are by the clock of the machine, which all processes share and which never steps. */
export interface Run {
  readonly id: string;
  readonly beginMs: number;
  readonly endMs: number;
}

/** Prints what has happened to an event, and when. */
export function printRun(what: 'begin' | 'end', id: string): void {
  print(`${what} ${machineMs()} ${id}`);
}

/** Prints a line before it returns, so that it counts even if the process is killed at once. */
export function print(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      // The pipe is full until the other process has read from it.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** Collects the runs of one worker from the lines that it prints. */
export function createRunReader(): {
  readonly take: (line: string) => void;
  /** All runs. Those that were going on ended when the process was killed. */
  readonly end: (killedAtMs: number) => readonly Run[];
} {
  const going = new Map<string, number>();
  const runs: Run[] = [];
  return {
    take(line) {
      const [, what, ms, id = ''] = /^(begin|end) (\S+) (.*)$/.exec(line) ?? [];
      if (what === 'begin') going.set(id, Number(ms));
      else if (what === 'end') {
        runs.push({ id, beginMs: going.get(id) ?? Number.NaN, endMs: Number(ms) });
        going.delete(id);
      }
    },
    end(killedAtMs) {
      return [...runs, ...[...going].map(([id, beginMs]) => ({ id, beginMs, endMs: killedAtMs }))];
    },
  };
}

/** Returns the ids of the events that ran twice at the same time. */
export function findOverlaps(runs: readonly Run[]): readonly string[] {
  const overlaps = new Set<string>();
  const sorted = runs.toSorted((one, other) => one.beginMs - other.beginMs);
  const endsMs = new Map<string, number>();
  for (const { id, beginMs, endMs } of sorted) {
    if (beginMs < (endsMs.get(id) ?? Number.NEGATIVE_INFINITY)) overlaps.add(id);
    endsMs.set(id, Math.max(endsMs.get(id) ?? Number.NEGATIVE_INFINITY, endMs));
  }
  return [...overlaps];
}

export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
