import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Candidate } from './candidate.ts';

export interface PutRate {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** How long the CPU of the server worked for an event, in µs. */
  readonly serverMicroseconds: number;
}

export async function measurePuts(
  { put }: Candidate,
  concurrency: number,
  lengthMs: number,
  serverPid: number,
): Promise<PutRate> {
  const latencies: number[] = [];
  const cpuBefore = cpuMsOf(serverPid);
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() - startedMs < lengthMs) {
        const beganMs = performance.now();
        await put(randomUUID());
        latencies.push(performance.now() - beganMs);
        // The next call comes in another turn of the event loop, as requests do.
        await new Promise(setImmediate);
      }
    }),
  );
  const count = latencies.length;
  const perSecond = count / ((performance.now() - startedMs) / 1_000);
  const serverMicroseconds = ((cpuMsOf(serverPid) - cpuBefore) / count) * 1_000;
  latencies.sort((one, other) => one - other);
  return { perSecond, p99Ms: latencies[Math.floor(count * 0.99)] ?? 0, serverMicroseconds };
}

/** Stores events, and then measures how many are handled in a second. */
export async function measureHandling({ put, handle }: Candidate, count: number): Promise<number> {
  for (let stored = 0; stored < count; stored += 100) {
    await Promise.all(Array.from({ length: 100 }, () => put(randomUUID())));
  }
  let handled = 0;
  let stop = async (): Promise<unknown> => undefined;
  const startedMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    const done = () => {
      if (++handled === count) resolve();
    };
    handle(done).then((stopHandling) => (stop = stopHandling), reject);
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  await stop();
  return count / seconds;
}

const TICKS_PER_SECOND = 100;

/** The time that a process and its children have worked. Linux keeps that of children that have ended with the parent. */
function cpuMsOf(pid: number): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(name))
    .filter((stat) => stat.pid === pid || stat.parent === pid);
  return (stats.reduce((sum, { ticks }) => sum + ticks, 0) * 1_000) / TICKS_PER_SECOND;
}

function readStat(pid: string): { readonly pid: number; readonly parent: number; readonly ticks: number }[] {
  try {
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const fields = rest.split(' ').map(Number);
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + (fields[index] ?? 0), 0);
    return [{ pid: Number(pid), parent: fields[1] ?? 0, ticks }];
  } catch {
    return []; // It has ended.
  }
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
