export type MaybePromise<T> = T | Promise<T>;

/** A timer that is set for longer fires at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function';
}

/** Waits for `value` no longer than `deadlineMs`; costs no timer where there is nothing to wait for. */
export function withDeadline<T>(value: MaybePromise<T>, deadlineMs: number): MaybePromise<T> {
  if (!isPromise(value)) return value;
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no result within ${deadlineMs} ms`)), deadlineMs);
    value.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
