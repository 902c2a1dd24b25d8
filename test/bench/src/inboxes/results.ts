import type { Engine } from './candidate.ts';

/** What one candidate did with one number of events at once: medians of the rounds, and CPU time over all of them. */
export interface InboxResult {
  readonly engine: Engine['name'];
  readonly candidate: string;
  readonly concurrency: number;
  readonly putsPerSecond: number;
  /** The median of each round's ratio to the floor. Whatever slows a round slows both. */
  readonly putsToFloor: number;
  readonly putP50Ms: number;
  readonly putP99Ms: number;
  readonly appCpuMicrosPerPut: number;
  /** Null if the engine works in the process of the app. */
  readonly serverCpuMicrosPerPut: number | null;
  /** From the first put until the last event is handled, in a process that puts and handles at the same time. */
  readonly handledPerSecond: number | null;
  /** What an event costs from the put until it is handled. */
  readonly appCpuMicrosPerHandled: number | null;
  readonly serverCpuMicrosPerHandled: number | null;
}

export interface InboxRun {
  readonly date: string;
  readonly node: string;
  readonly cpus: number;
  readonly cpuModel: string;
  readonly bodyBytes: number;
  readonly results: readonly InboxResult[];
}

export function isInboxRun(run: object): run is InboxRun {
  return 'bodyBytes' in run;
}
