import { ShowpadWebhookError, type ShowpadWebhookErrorCode } from './error.ts';
import { DEADLINE_MS, isPromise, type MaybePromise, withDeadline } from './promise.ts';

/** Calls what is the user's, and no longer than the deadline: what it throws becomes the cause of an error with a code. */
export function inTime<T>(
  code: ShowpadWebhookErrorCode,
  message: string,
  call: () => MaybePromise<T>,
): MaybePromise<T> {
  const failed = (cause: unknown): never => {
    throw new ShowpadWebhookError(
      code,
      message,
      `It threw or took over ${DEADLINE_MS} ms: see the cause.`,
      cause,
    );
  };
  try {
    const result = withDeadline(call());
    return isPromise(result) ? result.catch(failed) : result;
  } catch (cause) {
    return failed(cause);
  }
}
