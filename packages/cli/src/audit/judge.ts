import { isDelivered, readOutcome } from '../http/answer.ts';
import { CHAIN_MS, type LoggedAttempt, type LoggedEvent } from './read-log.ts';

/**
 * What became of an event. `lost`: no attempt succeeded, and none will follow. `unseen`: Showpad got a 2xx, and this receiver
 * never saw the event. `stored`: no attempt succeeded, but the inbox has the event.
 */
export type Verdict = 'delivered' | 'recovered' | 'stored' | 'retrying' | 'lost' | 'unseen';

export interface Circumstances {
  readonly nowMs: number;
  /** Whether the inbox has the event. Undefined: no inbox was asked. */
  readonly isStored: boolean | undefined;
  /** Whether the log shows an answer of a receiver to any event of the subscription. */
  readonly isReceiverThere: boolean;
}

/** The attempt after which Showpad gives up. */
const LAST_ATTEMPT = 4;

/** Says what became of an event. */
export function judge(
  { attempts }: LoggedEvent,
  { nowMs, isStored, isReceiverThere }: Circumstances,
): Verdict {
  const successes = attempts.filter(({ status }) => isDelivered(status));
  if (successes.length === 0) {
    if (isStored) return 'stored';
    return mayGoOn(attempts.at(-1), nowMs) ? 'retrying' : 'lost';
  }
  // Something in front of the app may answer 200, for example with the page of a login.
  const isIntercepted = isReceiverThere && successes.every((each) => isFromReceiver(each) === false);
  if (!(isStored ?? !isIntercepted)) return 'unseen';
  return successes.length === attempts.length ? 'delivered' : 'recovered';
}

/** Returns how long after the first attempt one succeeded, in ms. 0 if none did. */
export function waitedMs({ attempts }: LoggedEvent): number {
  const success = attempts.find(({ status }) => isDelivered(status));
  return success && attempts[0] ? success.atMs - attempts[0].atMs : 0;
}

/** Undefined if the log does not show the headers of the answer. */
export function isFromReceiver({ headers }: LoggedAttempt): boolean | undefined {
  return headers && readOutcome({ headers, body: '' }).outcome !== undefined;
}

function mayGoOn(last: LoggedAttempt | undefined, nowMs: number): boolean {
  if (!last || last.number === LAST_ATTEMPT || nowMs - last.atMs > CHAIN_MS) return false;
  return !(last.status !== null && last.status >= 400 && last.status < 500);
}
