// Under Jest's jsdom these are no globals.
import { clearImmediate, setImmediate } from 'node:timers';

/** A value, or a promise of it. What you implement may be synchronous or asynchronous. */
export type MaybePromise<T> = T | Promise<T>;

/** Node fires a timer at once if it is set for longer than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How long calls to code that is not ours may take, such as a ledger or a key lookup. It is well within Showpad's patience. */
export const DEADLINE_MS = 2_500;

/** Calls once, after `ms` or after the longest time that a timer can be set for. */
export function setTimer(call: () => void, ms: number): NodeJS.Timeout {
  return setTimeout(call, Math.min(ms, LONGEST_TIMER_MS));
}

/**
 * Calls once, after `ms`, unless the function that it returns is called first. If that happens within this turn of the event
 * loop, as with most bodies and most handlers, no timer is made.
 */
export function setTimeLimit(call: () => void, ms: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const start = setImmediate(() => {
    timer = setTimer(call, ms);
  });
  return () => {
    clearImmediate(start);
    clearTimeout(timer);
  };
}

/** Calls again and again, and does not keep the process alive. Under Jest's jsdom a timer is a number without `unref`. */
export function setRepeatingTimer(call: () => void, ms: number): NodeJS.Timeout {
  const timer = setInterval(call, ms);
  timer.unref?.();
  return timer;
}

/** True for a promise, and for anything else with a `then`, such as a query of a database library. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function';
}

/** Lets everything else that waits have a turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Waits for a promise no longer than `deadlineMs`, 2,500 by default.
 *
 * @param failing the beginning of the message of the Error with which it rejects if the time is over.
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  deadlineMs: number = DEADLINE_MS,
  failing = 'There was no result',
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimer(() => reject(new Error(`${failing} within ${deadlineMs} ms.`)), deadlineMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
