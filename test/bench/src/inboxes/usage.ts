import { cpuMsOf } from '../cpu-time.ts';

/** CPU time in µs. */
export interface Usage {
  /** Of this process. The load that it makes is a small part of it. */
  readonly appMicros: number;
  /** Of the server and its children. It is 0 without a server. */
  readonly serverMicros: number;
}

export function readUsage(serverPid?: number): Usage {
  const { user, system } = process.cpuUsage();
  return {
    appMicros: user + system,
    serverMicros: serverPid === undefined ? 0 : cpuMsOf([serverPid]) * 1_000,
  };
}
