/** The clock of DynamoDB, which all holders share. Their own clocks differ, can be set, and stand still while a function is frozen. */
export interface ServerClock {
  /** Unix time in whole ms. Until a response was noted, it is the time by which this process started. It never steps back. */
  nowMs(): number;
  /** Notes the header `date` of a response that has just arrived. It tells whole seconds, so the clock may be a second behind. */
  note(date: string | undefined): void;
}

/** @param steadyMs a clock in ms that never steps. */
export function createServerClock(steadyMs: () => number = () => performance.now()): ServerClock {
  let offsetMs: number | undefined;
  return {
    nowMs: () => Math.floor(steadyMs() + (offsetMs ?? performance.timeOrigin)),
    note(date) {
      const leastMs = Date.parse(date ?? '') - steadyMs();
      if (Number.isNaN(leastMs)) return;
      // When the response was made, it was at least this time. So the highest of all is the closest.
      offsetMs = Math.max(offsetMs ?? leastMs, leastMs);
    },
  };
}
