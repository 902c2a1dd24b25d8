import type { ShowpadApiError } from '../error.ts';

/** One attempt at a request, without its headers and bodies. */
export interface AttemptInfo {
  readonly method: string;
  /** The path without the base URL. */
  readonly path: string;
  /** 1 is the first attempt. */
  readonly attempt: number;
}

export interface ResponseInfo extends AttemptInfo {
  /** The HTTP status. Undefined if there was no response. */
  readonly status: number | undefined;
  readonly durationMs: number;
  /** Undefined if the attempt succeeded. */
  readonly error: ShowpadApiError | undefined;
}

export interface RetryInfo extends AttemptInfo {
  /** How long the client will wait. */
  readonly delayMs: number;
  readonly error: ShowpadApiError;
}

/** Functions for logs and metrics. Whatever they throw is ignored. */
export interface ClientHooks {
  /** Called after each attempt, whether it succeeded or not. */
  readonly onResponse?: (info: ResponseInfo) => void;
  /** Called before the client waits and tries again. */
  readonly onRetry?: (info: RetryInfo) => void;
}

/** Calls a hook, and ignores whatever it throws. */
export function callHook<Info>(hook: ((info: Info) => void) | undefined, info: Info): void {
  try {
    hook?.(info);
  } catch {
    // A hook only watches, so its failure must not become the failure of the call.
  }
}
