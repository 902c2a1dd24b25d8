import { ShowpadWebhookError, type ShowpadWebhookErrorCode } from './error.ts';
import { DEADLINE_MS, type MaybePromise, withDeadline } from './promise.ts';

/** Calls what is the user's, and no longer than the deadline: what it throws becomes the cause of an error with a code. */
export async function inTime<T>(
  code: ShowpadWebhookErrorCode,
  message: string,
  call: () => MaybePromise<T>,
): Promise<T> {
  try {
    return await withDeadline(call());
  } catch (cause) {
    const hint = `It threw or took over ${DEADLINE_MS} ms: see the cause.`;
    throw new ShowpadWebhookError(code, message, hint, cause);
  }
}
