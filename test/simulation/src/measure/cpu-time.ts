import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** The CPU time that all cores spent on anything since the machine was started. */
export function machineCpuMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

/** How long the main thread of this process was ready to run, and waited for a core. */
export function waitedForCoreMs(): number {
  const [, waitedNs] = readFileSync('/proc/self/schedstat', 'utf8').split(' ');
  return Number(waitedNs) / 1e6;
}
