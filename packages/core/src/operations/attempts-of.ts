import { MOST_FAILURES } from '../inbox/failures.ts';
import type { FailedAttempt, InboxItem } from '../inbox/types.ts';

/** What became of one attempt of an entry. */
export interface AttemptOutcome {
  readonly attempt: number;
  /** How often the entry had been retried by hand. */
  readonly generation: number;
  /** `lost`: it did not end, because its process died or lost its lease. */
  readonly outcome: 'failed' | 'lost' | 'running' | 'done';
  /** Set if it failed. */
  readonly failure?: FailedAttempt | undefined;
}

const FIRST = { attempt: 1, generation: 0 };

/**
 * Lists the attempts of an entry, the oldest first: those that failed, and those that left nothing. An inbox keeps only the
 * latest 20 that failed, so the list may begin late.
 *
 * @example
 * ```ts
 * import type { InboxItem } from '@showpad-webhooks/core/inbox';
 * import { attemptsOf } from '@showpad-webhooks/core/operations';
 *
 * export function print(item: InboxItem) {
 *   for (const { attempt, outcome, failure } of attemptsOf(item)) console.log(attempt, outcome, failure?.message);
 * }
 * ```
 */
export function attemptsOf(
  item: Pick<InboxItem, 'state' | 'attempt' | 'generation' | 'failures' | 'isErased'>,
): readonly AttemptOutcome[] {
  if (item.isErased) return []; // What was known of them is gone.
  // If there are as many as an inbox keeps, nobody knows what was before them.
  const [first = FIRST] = item.failures.length < MOST_FAILURES ? [] : item.failures;
  const attempts: AttemptOutcome[] = [];
  for (let { generation } = first; generation <= item.generation; generation++) {
    const failures = item.failures.filter((failure) => failure.generation === generation);
    const isNow = generation === item.generation;
    const begin = generation === first.generation ? first.attempt : 1;
    const end = isNow ? item.attempt : (failures.at(-1)?.attempt ?? 0);
    for (let attempt = begin; attempt <= end; attempt++) {
      const failure = failures.find((failed) => failed.attempt === attempt);
      const isLast = isNow && attempt === item.attempt;
      attempts.push({ attempt, generation, outcome: outcomeOf(failure, isLast, item), failure });
    }
  }
  return attempts;
}

function outcomeOf(
  failure: FailedAttempt | undefined,
  isLast: boolean,
  { state }: Pick<InboxItem, 'state'>,
): AttemptOutcome['outcome'] {
  if (failure) return 'failed';
  if (isLast && state === 'leased') return 'running';
  return isLast && state === 'done' ? 'done' : 'lost';
}
