import { type Answer, send } from '../send.ts';
import { CHECKS, type Check, GOOD, type Subject } from './checks.ts';

export interface Result {
  readonly check: Check;
  /** `warned`: no event is lost and no forgery let in, and yet it is not as it should be. */
  readonly verdict: 'passed' | 'warned' | 'failed';
  /** Null: no answer. */
  readonly status: number | null;
  /** Why there was no answer. */
  readonly problem: string | undefined;
  /** What a receiver of this project says became of it. */
  readonly outcome: string | undefined;
  readonly durationMs: number;
}

/** Sends one delivery after the other. After a good one that is not accepted the others would tell nothing. */
export async function* examine(url: URL, key: string, signal: AbortSignal): AsyncGenerator<Result> {
  const subject: Subject = { key, eventId: crypto.randomUUID(), nowSeconds: Math.floor(Date.now() / 1000) };
  const first = await run(GOOD, url, subject, signal);
  yield first;
  if (first.verdict !== 'passed') return;
  for (const check of CHECKS) yield await run(check, url, subject, signal);
}

async function run(check: Check, url: URL, subject: Subject, signal: AbortSignal): Promise<Result> {
  const startedAt = performance.now();
  const answer = await send({ url, ...check.send(subject), signal }).catch((error: Error) => error);
  // Stopped, so that there is nothing to judge.
  signal.throwIfAborted();
  const isAnswered = !(answer instanceof Error);
  const status = isAnswered ? answer.status : null;
  return {
    check,
    verdict: verdictOn(check, status),
    status,
    problem: isAnswered ? undefined : answer.message,
    outcome: isAnswered ? outcomeOf(answer) : undefined,
    durationMs: Math.round(performance.now() - startedAt),
  };
}

function verdictOn({ expect }: Check, status: number | null): Result['verdict'] {
  const isAccepted = status !== null && status >= 200 && status < 300;
  if (expect === 'keep')
    return isAccepted || isServerError(status) ? 'passed' : status === 422 ? 'warned' : 'failed';
  if (expect === 'accept') return isAccepted ? 'passed' : 'failed';
  if (isAccepted) return 'failed';
  if (expect === 'reject') return 'passed';
  return status !== null && status >= 400 && status < 500 ? 'passed' : 'warned';
}

function isServerError(status: number | null): boolean {
  return status !== null && status >= 500;
}

function outcomeOf({ body }: Answer): string | undefined {
  try {
    const { outcome } = Object(JSON.parse(body.toString()));
    return typeof outcome === 'string' ? outcome : undefined;
  } catch {
    return undefined;
  }
}
