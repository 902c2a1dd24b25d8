export type MaybePromise<T> = T | Promise<T>;

/** A timer that is set for longer fires at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function';
}

/** How long what is not ours may take, a ledger or a key lookup: well within Showpad's patience. */
export const DEADLINE_MS = 2_500;

/** Waits for `value` no longer than the deadline; costs no timer where there is nothing to wait for. */
export function withDeadline<T>(value: MaybePromise<T>): MaybePromise<T> {
  if (!isPromise(value)) return value;
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no result within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    value.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
