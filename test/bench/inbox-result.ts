import type { InboxResult } from './src/inboxes/results.ts';

/** A result for tests. */
export function inboxResult(candidate: string, concurrency: number, putsToFloor: number): InboxResult {
  return {
    engine: 'Postgres',
    candidate,
    concurrency,
    putsPerSecond: 10_000 * putsToFloor,
    putsToFloor,
    putP50Ms: 1.5,
    putP99Ms: 6,
    appCpuMicrosPerPut: 27,
    serverCpuMicrosPerPut: 30,
    handledPerSecond: null,
    appCpuMicrosPerHandled: null,
    serverCpuMicrosPerHandled: null,
  };
}
