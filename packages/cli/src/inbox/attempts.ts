import type { AttemptOutcome } from '@showpad-webhooks/core/operations';
import { type Line, paint } from '../terminal/output.ts';
import { isoOf } from './iso.ts';

/** What became of an attempt, for scripts. */
export function attemptValue({ attempt, generation, outcome, failure }: AttemptOutcome): object {
  return {
    attempt,
    retries: generation,
    outcome,
    startedAt: isoOf(failure?.startedAtMs),
    endedAt: isoOf(failure?.endedAtMs),
    handler: failure?.handlerName,
    code: failure?.code,
    message: failure?.message,
  };
}

/** What became of an attempt, on one line. */
export function lineOfAttempt(attempt: AttemptOutcome): Line {
  const retries = attempt.generation === 0 ? '' : `, after ${timesOf(attempt.generation)} by hand`;
  return [paint('dim', `Attempt ${attempt.attempt}${retries}`), outcomeText(attempt)];
}

function timesOf(retries: number): string {
  return retries === 1 ? 'a retry' : `${retries} retries`;
}

function outcomeText({ outcome, failure }: AttemptOutcome): string {
  if (failure) {
    const { startedAtMs, endedAtMs, handlerName, code, message } = failure;
    const handler = handlerName ? ` in ${handlerName}` : '';
    return `failed${handler} at ${isoOf(endedAtMs)} after ${endedAtMs - startedAtMs} ms: ${code}: ${message}`;
  }
  if (outcome === 'running') return 'is running';
  if (outcome === 'done') return 'succeeded';
  return 'did not end, because the process died or lost the store';
}
