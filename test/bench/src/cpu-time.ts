import { readdirSync, readFileSync } from 'node:fs';

const MS_PER_TICK = 10;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Of the process, and of its children that have ended. */
  readonly ticks: number;
}

/** The processes that this one has started, and that have not ended. */
export function ownChildren(): number[] {
  return readStats().flatMap(({ pid, parent }) => (parent === process.pid ? [pid] : []));
}

/** The CPU time of processes, and of all that they have started. */
export function cpuMsOf(pids: readonly number[]): number {
  const stats = readStats();
  const ticksOf = (own: readonly Stat[]): number =>
    own.reduce(
      (sum, { pid, ticks }) => sum + ticks + ticksOf(stats.filter(({ parent }) => parent === pid)),
      0,
    );
  return ticksOf(stats.filter(({ pid }) => pids.includes(pid))) * MS_PER_TICK;
}

function readStats(): Stat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readStat);
}

function readStat(pid: string): Stat[] {
  try {
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const fields = rest.split(' ').map(Number);
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + (fields[index] ?? 0), 0);
    return [{ pid: Number(pid), parent: fields[1] ?? 0, ticks }];
  } catch {
    return []; // It has ended.
  }
}
