import { ShowpadWebhookError, type ShowpadWebhookErrorCode } from './error.ts';
import { DEADLINE_MS, type MaybePromise, whenDone, withDeadline } from './promise.ts';

/** Calls what is the user's, and no longer than the deadline: what it throws becomes the cause of an error with a code. */
export function inTime<T>(
  call: () => MaybePromise<T>,
  failure: () => readonly [ShowpadWebhookErrorCode, message: string],
): MaybePromise<T> {
  return whenDone(
    () => withDeadline(call()),
    (value) => value,
    (cause) => {
      const hint = `It threw or took over ${DEADLINE_MS} ms: see the cause.`;
      throw new ShowpadWebhookError(...failure(), hint, cause);
    },
  );
}
