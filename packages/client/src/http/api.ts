import { ShowpadApiError } from '../error.ts';
import { type ExchangeSettings, exchange } from './exchange.ts';
import { type RetrySettings, withRetry } from './retry.ts';

export interface CallOptions {
  /** Aborts the call, and the waits between its attempts. */
  readonly signal?: AbortSignal;
}

export const CALL_OPTIONS: Readonly<Record<keyof CallOptions, true>> = { signal: true };

export interface ApiSettings extends ExchangeSettings, RetrySettings {
  readonly baseUrl: string;
}

/** Returns a bearer token. `refused` is a token that was just answered with 401, so another one is needed. */
export type GetToken = (refused?: string) => Promise<string>;

interface ApiRequest<Result> extends CallOptions {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The path without the base URL, such as `/subscriptions`. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly json?: unknown;
  /** Makes the result from the JSON of the response. */
  readonly read: (answer: unknown) => Result;
  /** See `RetryRequest`. */
  readonly look?: (failure: ShowpadApiError) => Promise<void>;
}

/** Calls the API with a token, and retries what may succeed later. */
export type Api = <Result>(request: ApiRequest<Result>) => Promise<Result>;

export function createApi(settings: ApiSettings, getToken: GetToken): Api {
  async function send<Result>(
    { method, path, query, json, signal, read }: ApiRequest<Result>,
    attempt: number,
    token: string,
  ): Promise<Result> {
    const search = `${query ?? ''}`;
    const answer = await exchange(settings, {
      method,
      path,
      attempt,
      signal,
      url: settings.baseUrl + path + (search && `?${search}`),
      headers: {
        authorization: `Bearer ${token}`,
        ...(json !== undefined && { 'content-type': 'application/json' }),
      },
      body: json === undefined ? undefined : JSON.stringify(json),
      secrets: [token],
    });
    return read(answer);
  }

  return async (request) => {
    // This is not part of the retry: whatever fails here was retried already, and the request was not sent.
    const token = await getToken();
    const run = (bearer: string) => withRetry(settings, request, (attempt) => send(request, attempt, bearer));
    try {
      return await run(token);
    } catch (error) {
      if (!ShowpadApiError.isInstance(error) || error.status !== 401) throw error;
      const other = await getToken(token);
      if (other === token) throw error;
      return run(other);
    }
  };
}
