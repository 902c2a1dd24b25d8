import { readdirSync, readFileSync } from 'node:fs';

/** CPU time in µs. */
export interface Usage {
  /** Of this process. The load that it makes is a small part of it. */
  readonly appMicros: number;
  /** Of the server and its children. It is 0 without a server. */
  readonly serverMicros: number;
}

const TICKS_PER_SECOND = 100;

export function readUsage(serverPid?: number): Usage {
  const { user, system } = process.cpuUsage();
  return {
    appMicros: user + system,
    serverMicros: serverPid === undefined ? 0 : (ticksOf(serverPid) / TICKS_PER_SECOND) * 1e6,
  };
}

/** The time that a process and its children have worked. Linux keeps that of children that have ended with the parent. */
function ticksOf(pid: number): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(name))
    .filter((stat) => stat.pid === pid || stat.parent === pid)
    .reduce((sum, { ticks }) => sum + ticks, 0);
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
