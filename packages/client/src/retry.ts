import { ShowpadApiError } from './error.ts';
import { callHook } from './exchange.ts';
import type { Settings } from './options.ts';

export interface RetryRequest {
  readonly method: string;
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
  /**
   * Of what must not be done twice: looks, after a failure that may have come too late, whether it was done, and
   * throws where it was.
   */
  readonly look?: (failure: ShowpadApiError) => Promise<void>;
}

/** Runs a call until it succeeds, fails for good, or has been tried often enough. */
export async function withRetry<Result>(
  { retry, hooks }: Settings,
  { method, path, signal, look }: RetryRequest,
  run: (attempt: number) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(attempt);
    } catch (error) {
      if (!ShowpadApiError.isInstance(error)) throw error;
      const mayPass = isPassing(error) && attempt < retry.maxAttempts;
      if (mayPass) {
        const delayMs = delayAfter(error, attempt, retry);
        callHook(hooks.onRetry, { method, path, attempt, delayMs, error });
        await sleep(delayMs, retry.sleep, signal);
      }
      if (mayHaveWorked(error)) await look?.(error);
      if (!mayPass) throw error;
    }
  }
}

/** Whether the same may go well a little later. */
function isPassing({ status, code }: ShowpadApiError): boolean {
  if (status === undefined) return code === 'NETWORK' || code === 'TIMEOUT';
  return status === 429 || status >= 500;
}

/** Whether the request may have taken effect all the same. */
function mayHaveWorked(error: ShowpadApiError): boolean {
  return error.code === 'UNEXPECTED_ANSWER' || (isPassing(error) && error.status !== 429);
}

/** As long as the answer asks for, within reason; or at random up to a bound that doubles, so that callers spread. */
function delayAfter(
  { retryAfterMs }: ShowpadApiError,
  attempt: number,
  { firstDelayMs, maxDelayMs, maxRetryAfterMs, random }: Settings['retry'],
): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, maxRetryAfterMs);
  return Math.round(random() * Math.min(firstDelayMs * 2 ** (attempt - 1), maxDelayMs));
}

async function sleep(
  ms: number,
  wait: (ms: number) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal?.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([wait(ms), aborted]);
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
}
