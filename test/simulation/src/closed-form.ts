// What can be calculated without a simulation, to check it against.

/**
 * How long after its first attempt Showpad makes its last one. Retries that are counted from the first failure close the window at
 * the last delay, and pauses between attempts at the sum of the delays.
 */
export function retryWindowMs(delaysMs: readonly number[], retryDelays: 'offset' | 'interval'): number {
  return retryDelays === 'offset'
    ? Math.max(...delaysMs)
    : delaysMs.reduce((sum, delayMs) => sum + delayMs, 0);
}

/**
 * The share of the events of an outage that are lost. An event is lost if even its last attempt is made during the outage, so it must
 * arrive more than a window before the end. Of the events of L ms, arriving evenly, that is (L − window) / L.
 */
export function lostInOutage(lengthMs: number, windowMs: number): number {
  return lengthMs === 0 ? 0 : Math.max(0, lengthMs - windowMs) / lengthMs;
}

/**
 * The share of the events that arrive during outages that are lost, if the lengths of the outages are exponentially distributed. Such
 * an outage does not know how long it has lasted, so what is left of it when an event arrives has the same distribution.
 */
export function lostInRandomOutages(meanMs: number, windowMs: number): number {
  return Math.exp(-windowMs / meanMs);
}

/** The share that is lost if each attempt fails with the same probability, whatever happened to the one before. */
export function lostToFailures(probability: number, attempts: number): number {
  return probability ** attempts;
}

/**
 * The share of which some handler never succeeds. Each handler has all attempts, with a ledger or without. A ledger only prevents
 * that a handler that has succeeded runs again.
 */
export function lostWithHandlers(probability: number, handlers: number, attempts: number): number {
  return 1 - (1 - probability ** attempts) ** handlers;
}
