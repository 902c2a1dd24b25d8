import { adviceOn, isDelivered, labelOf, type Outcome, originOf, readOutcome } from '../http/answer.ts';
import { isAnswer, send } from '../http/send.ts';
import { newEvent } from '../input/event-types.ts';
import { CHECKS, type Check, GOOD, type Subject, TYPE } from './checks.ts';

/** `warned`: no event is lost and no forgery accepted, but the answer should be another one. */
type Verdict = 'passed' | 'warned' | 'failed';

export interface Result {
  readonly check: Check;
  /** Undefined if the body is no event. */
  readonly eventId: string | undefined;
  readonly verdict: Verdict;
  /** Null without an answer. */
  readonly status: number | null;
  readonly outcome: Outcome;
  /** The answer in a few words, or why there was none. */
  readonly answer: string;
  /** What to do about this answer in particular. Undefined if nothing is known about it. */
  readonly advice: string | undefined;
  /** What the answer came from, if not from a receiver of these packages. */
  readonly origin: string | undefined;
  readonly durationMs: number;
}

/** Sends one delivery after the other. The others show nothing about an endpoint that refuses the good one. */
export async function* examine(url: URL, key: string, signal: AbortSignal): AsyncGenerator<Result> {
  const subject: Subject = {
    key,
    event: newEvent(TYPE),
    nowSeconds: Math.floor(Date.now() / 1000),
  };
  const examined = { url, subject, signal };
  const first = await run(GOOD, { ...examined, isReceiverThere: false });
  yield first;
  if (first.verdict === 'failed') return;
  const isReceiverThere = first.outcome.outcome !== undefined;
  for (const check of CHECKS) yield await run(check, { ...examined, isReceiverThere });
}

interface Examined {
  readonly url: URL;
  readonly subject: Subject;
  readonly signal: AbortSignal;
  /** Whether a receiver of these packages has answered the good delivery. */
  readonly isReceiverThere: boolean;
}

async function run(check: Check, { url, subject, signal, isReceiverThere }: Examined): Promise<Result> {
  const startedAt = performance.now();
  const delivery = check.send(subject);
  const eventId = idIn(delivery.body);
  const result = await send({ url, ...delivery, signal });
  // A delivery that was stopped says nothing about the endpoint.
  signal.throwIfAborted();
  const durationMs = Math.round(performance.now() - startedAt);
  if (!isAnswer(result)) {
    return {
      check,
      eventId,
      verdict: verdictOn(check, null),
      status: null,
      outcome: {},
      answer: `no answer (${result.message})`,
      advice: adviceOn({ status: null, errorCode: result.code }),
      origin: undefined,
      durationMs,
    };
  }
  const { status, headers } = result;
  const received = { status, headers, body: result.body.toString() };
  const outcome = readOutcome(received);
  return {
    check,
    eventId,
    verdict: isIgnored(check, outcome) ? 'warned' : verdictOn(check, status),
    status,
    outcome,
    answer: labelOf(status, outcome),
    advice: adviceOn(received),
    origin: originOf(received, isReceiverThere),
    durationMs,
  };
}

function idIn(body: Uint8Array): string | undefined {
  try {
    const { id } = Object(JSON.parse(Buffer.from(body).toString()));
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

function verdictOn({ expect }: Check, status: number | null): Verdict {
  if (expect === 'keep') {
    if (isDelivered(status) || isServerError(status)) return 'passed';
    return status === 422 ? 'warned' : 'failed';
  }
  if (expect === 'accept') return isDelivered(status) ? 'passed' : 'failed';
  if (isDelivered(status)) return 'failed';
  if (expect === 'reject') return 'passed';
  return status !== null && status >= 400 && status < 500 ? 'passed' : 'warned';
}

/** No handler took the good event, so the other answers say little about what the app does with events. */
export function isIgnored(check: Check, { outcome }: Outcome): boolean {
  return check === GOOD && outcome === 'ignored';
}

export function isServerError(status: number | null): boolean {
  return status !== null && status >= 500;
}
