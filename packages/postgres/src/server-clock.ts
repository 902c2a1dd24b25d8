/** The clock of the server, which all processes share. The clocks of the machines differ, and each of them can be set. */
export interface ServerClock {
  /** Unix time in whole ms by the clock of the server. It is right once `refresh` has resolved. */
  nowMs(): number;
  /** Asks the server for its time, if the last answer is too old. Rejects if the server never answered. */
  refresh(): Promise<void>;
}

const LONGEST_AGE_MS = 5_000;

/** @param askMs asks the server for its time: unix time in ms. */
export function createServerClock(askMs: () => Promise<number>): ServerClock {
  let offsetMs: number | undefined;
  let asked = { steadyMs: Number.NEGATIVE_INFINITY, wallMs: 0 };
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const startedMs = performance.now();
    const serverMs = await askMs();
    const endedMs = performance.now();
    // The server read its clock between the question and the answer. The offset that was known stays if it fits.
    const [least, most] = [serverMs - endedMs, serverMs - startedMs];
    offsetMs = offsetMs === undefined ? (least + most) / 2 : Math.min(Math.max(offsetMs, least), most);
    asked = { steadyMs: endedMs, wallMs: Date.now() };
  }

  /** The steady clock of a virtual machine stands still while the machine is suspended. Its wall clock shows that. */
  function isOld(): boolean {
    const wallAgeMs = Math.abs(Date.now() - asked.wallMs);
    return Math.max(wallAgeMs, performance.now() - asked.steadyMs) > LONGEST_AGE_MS;
  }

  return {
    nowMs() {
      if (offsetMs === undefined) throw new Error('Postgres has not been asked for its time yet.');
      return Math.round(performance.now() + offsetMs);
    },
    async refresh() {
      if (!isOld()) return;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      await asking;
    },
  };
}
