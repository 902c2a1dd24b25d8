export type MaybePromise<T> = T | Promise<T>;

/** A timer that is set for longer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls once, after `ms` or the longest that a timer can be set for. */
export function setTimer(call: () => void, ms: number): NodeJS.Timeout {
  return setTimeout(call, Math.min(ms, LONGEST_TIMER_MS));
}

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function';
}

/** Calls, and waits only where there is something to wait for: most of what is called is done at once. */
export function whenDone<T, R>(
  call: () => MaybePromise<T>,
  onValue: (value: T) => MaybePromise<R>,
  onError: (error: unknown) => MaybePromise<R>,
): MaybePromise<R> {
  let value: T;
  try {
    const called = call();
    // A query of a database library may have a `then` of its own kind.
    if (isPromise(called)) return Promise.resolve(called).then(onValue, onError);
    value = called;
  } catch (error) {
    return onError(error);
  }
  return onValue(value);
}

/** How long what is not ours may take, a ledger or a key lookup: well within Showpad's patience. */
export const DEADLINE_MS = 2_500;

/** Waits for `value` no longer than the deadline, and then rejects; costs no timer where there is nothing to wait for. */
export function withDeadline<T>(value: MaybePromise<T>, deadlineMs: number = DEADLINE_MS): MaybePromise<T> {
  if (!isPromise(value)) return value;
  return new Promise<T>((resolve, reject) => {
    const end = () => reject(new Error(`no result within ${deadlineMs} ms`));
    const timer = setTimer(end, deadlineMs);
    value.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
