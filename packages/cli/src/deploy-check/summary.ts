import type { Attempt } from '@showpad-webhooks/emulator';
import { labelOf, readOutcome } from '../http/answer.ts';

/** What became of the events that were sent while an app restarted. */
export interface Summary {
  readonly events: number;
  /** How many succeeded on a retry. */
  readonly retried: number;
  /** How many were not delivered by any attempt. */
  readonly lost: number;
  /** How many were neither delivered nor given up when the time was over. */
  readonly open: number;
  /** How many were saved although an attempt got no answer. Showpad does not say that it retries those. */
  readonly savedAfterNoAnswer: number;
  /** The time from the first failure to the first success after the last failure. Null if there was none. */
  readonly outageMs: number | null;
  /** How often each failure came, such as `503 unavailable CLOSED` or `ECONNREFUSED`. */
  readonly failures: Readonly<Record<string, number>>;
}

/** @param attempts those that have ended */
export function summarise(attempts: readonly Attempt[], open: number): Summary {
  const failed = attempts.filter(({ state }) => state !== 'succeeded');
  const chains = chainsOf(attempts);
  const saved = chains.filter((chain) => chain.length > 1 && chain.at(-1)?.state === 'succeeded');
  const failures: Record<string, number> = {};
  for (const attempt of failed) failures[failureOf(attempt)] = (failures[failureOf(attempt)] ?? 0) + 1;
  return {
    events: chains.length,
    retried: saved.length,
    lost: chains.filter((chain) => isGivenUp(chain.at(-1))).length,
    open,
    savedAfterNoAnswer: saved.filter((chain) => chain.some(({ response }) => !response)).length,
    outageMs: outageOf(attempts, failed),
    failures,
  };
}

/** The attempts at each event. */
function chainsOf(attempts: readonly Attempt[]): readonly (readonly Attempt[])[] {
  const chains = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const chain = chains.get(attempt.notificationId);
    if (chain) chain.push(attempt);
    else chains.set(attempt.notificationId, [attempt]);
  }
  return [...chains.values()];
}

function isGivenUp(last: Attempt | undefined): boolean {
  return last?.state === 'failed' || last?.state === 'gave-up';
}

export function failureOf({ response, error }: Attempt): string {
  return response ? labelOf(response.status, readOutcome(response)) : (error?.code ?? 'no answer');
}

function outageOf(attempts: readonly Attempt[], failed: readonly Attempt[]): number | null {
  if (failed.length === 0) return 0;
  const startOf = ({ startedAt, dueAt }: Attempt) => startedAt ?? dueAt;
  // Showpad counts its retries from the moment at which an attempt has failed.
  const firstMs = Math.min(...failed.map((each) => startOf(each) + (each.durationMs ?? 0)));
  const lastMs = Math.max(...failed.map(startOf));
  const starts = attempts.filter(({ state }) => state === 'succeeded').map(startOf);
  const backMs = Math.min(...starts.filter((startMs) => startMs > lastMs));
  return Number.isFinite(backMs) ? Math.max(0, backMs - firstMs) : null;
}
