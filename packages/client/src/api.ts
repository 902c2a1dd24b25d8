import { ShowpadApiError } from './error.ts';
import { exchange } from './exchange.ts';
import type { Settings } from './options.ts';
import { withRetry } from './retry.ts';
import { createTokenSource } from './tokens.ts';

export interface CallOptions {
  /** Gives up the call, and the waits between its tries. */
  readonly signal?: AbortSignal;
}

interface ApiRequest<Result> extends CallOptions {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without the base URL, such as `/subscriptions`. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly json?: unknown;
  /** Makes the result of the answer's JSON. */
  readonly read: (answer: unknown) => Result;
  /** As for `withRetry`. */
  readonly look?: (failure: ShowpadApiError) => Promise<void>;
}

/** Calls the API with a token, and tries again what may pass. */
export type Api = <Result>(request: ApiRequest<Result>) => Promise<Result>;

export function createApi(settings: Settings): Api {
  const getToken = createTokenSource(settings);

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
    // Outside of the retry: what fails here was tried again already, and the request was not sent.
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
