import { checkKnown, checkRange } from '../check.ts';
import { ShowpadApiError } from '../error.ts';
import { type ClientHooks, callHook } from './hooks.ts';

export interface RetryOptions {
  /** How often a call is attempted in all. Default 4. */
  readonly maxAttempts?: number;
  /**
   * The longest wait after the first failure. It doubles after every further failure, and each wait is a random part of
   * it. Default 500.
   */
  readonly firstDelayMs?: number;
  /** The limit of that doubling. Default 20,000. */
  readonly maxDelayMs?: number;
  /** The longest wait that a Retry-After header can ask for. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /** Returns a number from 0 to below 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Waits. Default: a timer. */
  readonly sleep?: (ms: number) => Promise<void>;
}

export interface RetrySettings {
  readonly retry: Required<RetryOptions>;
  readonly hooks: ClientHooks;
}

export interface RetryRequest {
  readonly method: string;
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
  /**
   * For a request that must not take effect twice. It is called after a failure whose request may have taken effect all
   * the same. It checks whether that is so, and throws if it is.
   */
  readonly look?: (failure: ShowpadApiError) => Promise<void>;
}

const DEFAULTS: Required<RetryOptions> = {
  maxAttempts: 4,
  firstDelayMs: 500,
  maxDelayMs: 20_000,
  maxRetryAfterMs: 60_000,
  random: Math.random,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** @throws TypeError that names the option, and says what it must be. */
export function readRetry(options: RetryOptions | false): Required<RetryOptions> {
  if (options === false) return { ...DEFAULTS, maxAttempts: 1 };
  checkKnown(options, DEFAULTS, 'retry.');
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const retry = { ...DEFAULTS, ...Object.fromEntries(given) };
  for (const option of ['maxAttempts', 'firstDelayMs', 'maxDelayMs', 'maxRetryAfterMs'] as const) {
    checkRange(`retry.${option}`, retry[option]);
  }
  return retry;
}

/** Runs a call until it succeeds, fails for good, or has been attempted often enough. */
export async function withRetry<Result>(
  { retry, hooks }: RetrySettings,
  { method, path, signal, look }: RetryRequest,
  run: (attempt: number) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(attempt);
    } catch (error) {
      if (!ShowpadApiError.isInstance(error)) throw error;
      const mayRetry = isTemporary(error) && attempt < retry.maxAttempts;
      if (mayRetry) {
        const delayMs = delayAfter(error, attempt, retry);
        callHook(hooks.onRetry, { method, path, attempt, delayMs, error });
        await sleep(delayMs, retry.sleep, signal);
      }
      if (mayHaveWorked(error)) await look?.(error);
      if (!mayRetry) throw error;
    }
  }
}

/** Whether the same request may succeed a little later. */
function isTemporary({ status, code }: ShowpadApiError): boolean {
  if (status === undefined) return code === 'NETWORK' || code === 'TIMEOUT';
  return status === 429 || status >= 500;
}

/** Whether the request may have taken effect although the call failed. */
function mayHaveWorked(error: ShowpadApiError): boolean {
  if (error.code === 'UNEXPECTED_RESPONSE' || error.code === 'RESPONSE_TOO_LARGE') return true;
  return isTemporary(error) && error.status !== 429;
}

/** The wait that the response asks for, or else a random one, so that callers do not all come back at the same time. */
function delayAfter(
  { retryAfterMs }: ShowpadApiError,
  attempt: number,
  { firstDelayMs, maxDelayMs, maxRetryAfterMs, random }: Required<RetryOptions>,
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
