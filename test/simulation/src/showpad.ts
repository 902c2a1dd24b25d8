import { DEFAULT_ASSUMPTIONS, type EmulatorAssumptions } from '../../../packages/emulator/src/assumptions.ts';
import {
  nextDueAt,
  SHOWPAD_RETRY_DELAYS_MS,
  verdictOn,
} from '../../../packages/emulator/src/delivery/retry.ts';
import type { Agenda } from './agenda.ts';

/** The two readings of Showpad's schedule, as the emulator names them. */
export type RetryDelays = EmulatorAssumptions['retryDelays'];

export const SHOWPAD_ATTEMPTS: number = SHOWPAD_RETRY_DELAYS_MS.length + 1;
const SHOWPAD_TIMEOUT_MS = DEFAULT_ASSUMPTIONS.timeoutMs;

/** Calls `answer` once with the status, or with undefined if the connection fails. If it is never called, Showpad gives up waiting. */
export type Deliver = (answer: (status: number | undefined) => void) => void;

/** Sends one event as Showpad does, with the rules of the emulator. */
export function sendEvent(
  agenda: Agenda,
  retryDelays: RetryDelays,
  arrivesMs: number,
  deliver: Deliver,
): void {
  const assumptions = { ...DEFAULT_ASSUMPTIONS, retryDelays };
  let firstFailureMs: number | undefined;

  function attempt(number: number): void {
    let hasEnded = false;
    const end = (status: number | undefined) => {
      if (hasEnded) return;
      hasEnded = true;
      if (verdictOn(status, assumptions) !== 'retry') return;
      const nowMs = agenda.now();
      firstFailureMs ??= nowMs;
      const schedule = { retryDelays, delaysMs: SHOWPAD_RETRY_DELAYS_MS };
      const dueMs = nextDueAt(number, firstFailureMs, nowMs, schedule);
      if (dueMs !== undefined) agenda.at(dueMs, () => attempt(number + 1));
    };
    deliver(end);
    if (!hasEnded) agenda.at(agenda.now() + SHOWPAD_TIMEOUT_MS, () => end(undefined));
  }

  agenda.at(arrivesMs, () => attempt(1));
}
