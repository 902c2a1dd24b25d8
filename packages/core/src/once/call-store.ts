import { isPromise, type MaybePromise, withDeadline } from '../shared/promise.ts';
import { type StoreName, storeFailed } from './errors.ts';

/**
 * Calls a ledger or an inbox, and waits no longer than the deadline. A store that answers at once, such as the memory ledger,
 * costs neither a promise nor a timer: this is the one place that is tuned for speed.
 *
 * @throws ShowpadWebhookError `LEDGER_FAILED` or `INBOX_FAILED`
 */
export function callStore<T>(
  store: StoreName,
  operation: string,
  call: () => MaybePromise<T>,
): MaybePromise<T> {
  try {
    const result = call();
    return isPromise(result) ? waitFor(store, operation, result) : result;
  } catch (cause) {
    throw storeFailed(store, operation, cause);
  }
}

async function waitFor<T>(store: StoreName, operation: string, result: Promise<T>): Promise<T> {
  try {
    return await withDeadline(result);
  } catch (cause) {
    throw storeFailed(store, operation, cause);
  }
}
