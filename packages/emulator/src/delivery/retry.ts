import type { EmulatorAssumptions } from '../assumptions.ts';
import type { AttemptState } from './attempt.ts';

/** See docs/showpad.md, "Delivery and retries". */
export const SHOWPAD_RETRY_DELAYS_MS: readonly number[] = [3_000, 7_500, 14_250];

/** When the attempt after this number is due. Undefined if it was the last one. */
export function nextDueAt(
  number: number,
  firstFailureAt: number,
  now: number,
  {
    retryDelays,
    delaysMs,
  }: Pick<EmulatorAssumptions, 'retryDelays'> & { readonly delaysMs: readonly number[] },
): number | undefined {
  const delayMs = delaysMs[number - 1];
  if (delayMs === undefined) return undefined;
  return retryDelays === 'interval' ? now + delayMs : Math.max(firstFailureAt + delayMs, now);
}

/** What a response means to Showpad. The status is undefined if there was no response. */
export function verdictOn(
  status: number | undefined,
  assumptions: EmulatorAssumptions,
): Extract<AttemptState, 'succeeded' | 'failed'> | 'retry' {
  if (status === undefined) return retryIf(assumptions.noAnswer);
  if (status >= 500) return 'retry';
  if (status === 408) return retryIf(assumptions.status408);
  if (status === 429) return retryIf(assumptions.status429);
  if (status >= 400) return 'failed';
  return status >= 300 ? retryIf(assumptions.status3xx) : 'succeeded';
}

function retryIf(assumed: 'retry' | 'give-up'): 'retry' | 'failed' {
  return assumed === 'retry' ? 'retry' : 'failed';
}
