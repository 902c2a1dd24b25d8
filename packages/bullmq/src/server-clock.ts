/**
 * The clock of the server, which all processes share. The clock of a machine may be wrong or be set at any moment. If BullMQ
 * used that one, entries would wait for as long as it was wrong, or be handled twice, or be deleted too early.
 */
export interface ServerClock {
  /** Unix time in ms by the clock of the server. It is right once `refresh` has resolved. */
  nowMs(): number;
  /** Asks the server for its time, if the last answer is too old. Rejects if the server never answered. */
  refresh(): Promise<void>;
  /**
   * Replaces the present time of this process, which BullMQ passes with its commands, by the present time of the server. Call
   * it at once: it recognizes the time by its value.
   */
  withServerTime(args: readonly unknown[]): Promise<unknown[]>;
  /** Translates a time of the server into one of this process, for the places where BullMQ compares it with `Date.now`. */
  toLocalMs(serverMs: number): number;
}

const LONGEST_AGE_MS = 5_000;
/** BullMQ sends a command no later than this after it has read the clock. */
const SLACK_MS = 10_000;

/** @param askMs asks the server for its time: unix time in ms. */
export function createServerClock(askMs: () => Promise<number>): ServerClock {
  let offsetMs: number | undefined;
  let askedAt = { steadyMs: 0, wallMs: 0 };
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const startedMs = performance.now();
    let serverMs: number;
    try {
      serverMs = await askMs();
    } catch (error) {
      if (offsetMs === undefined) throw error;
      return; // The steady clock of this process goes on, and the next command asks again.
    }
    const steadyMs = performance.now();
    // The server read its clock somewhere between the question and the answer.
    offsetMs = serverMs - (startedMs + steadyMs) / 2;
    askedAt = { steadyMs, wallMs: Date.now() };
  }

  /** The steady clock of a virtual machine stands still while the machine is suspended. Its wall clock shows that. */
  function isOld(): boolean {
    const wallAgeMs = Math.abs(Date.now() - askedAt.wallMs);
    return Math.max(wallAgeMs, performance.now() - askedAt.steadyMs) > LONGEST_AGE_MS;
  }

  async function refresh(): Promise<void> {
    if (offsetMs !== undefined && !isOld()) return;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    await asking;
  }

  const nowMs = () => Math.round(offsetMs === undefined ? Date.now() : performance.now() + offsetMs);

  return {
    nowMs,
    refresh,
    async withServerTime(args) {
      // While the server is asked for its time, the clock of this process could be set.
      const arePresent = args.map(
        (value) => typeof value === 'number' && Math.abs(value - Date.now()) < SLACK_MS,
      );
      await refresh();
      return args.map((value, index) => (arePresent[index] ? nowMs() : value));
    },
    toLocalMs: (serverMs) => serverMs - nowMs() + Date.now(),
  };
}
