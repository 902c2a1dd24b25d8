import { ShowpadApiError } from '../error.ts';
import { type ClientHooks, callHook } from './hooks.ts';
import { readError } from './read-error.ts';
import { readText } from './read-text.ts';

/** More than any list of subscriptions or logs needs, and little enough to hold in memory. */
const MAX_RESPONSE_BYTES = 10 * 1_024 * 1_024;
/** An error is cut there instead of refused, because its status is worth more than the rest of its text. */
const MAX_ERROR_BYTES = 64 * 1_024;

export interface ExchangeSettings {
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutMs: number;
  readonly hooks: ClientHooks;
  readonly clock: () => number;
}

/** One request as it is sent. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** How errors and hooks call the URL. */
  readonly path: string;
  readonly attempt: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is sent and must not come back in an error. */
  readonly secrets: readonly string[];
}

interface ReceivedResponse {
  readonly response: Response;
  readonly text: string;
  /** False if the body was longer than what was read. */
  readonly isWhole: boolean;
}

/**
 * Sends one request and reads the JSON of the response. The result is undefined if the body is empty.
 *
 * @throws ShowpadApiError; or the signal's reason, if the caller aborted
 */
export async function exchange(settings: ExchangeSettings, request: Exchange): Promise<unknown> {
  const { clock, hooks } = settings;
  const { method, path, attempt } = request;
  const startedMs = clock();
  const report = (status: number | undefined, error: ShowpadApiError | undefined) =>
    callHook(hooks.onResponse, { method, path, attempt, status, durationMs: clock() - startedMs, error });
  try {
    const received = await send(settings, request);
    const value = readValue(received, request, clock());
    report(received.response.status, undefined);
    return value;
  } catch (thrown) {
    request.signal?.throwIfAborted();
    const error = thrown as ShowpadApiError;
    report(error.status, error);
    throw error;
  }
}

async function send(
  { fetch, timeoutMs }: ExchangeSettings,
  { method, url, path, headers, body, signal }: Exchange,
): Promise<ReceivedResponse> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    abort();
  }, timeoutMs);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  try {
    const response = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...headers },
      // If a redirect were followed, a POST would become a GET, and a create would seem to have worked.
      redirect: 'manual',
      signal: controller.signal,
      ...(body !== undefined && { body }),
    });
    return { response, ...(await readText(response, response.ok ? MAX_RESPONSE_BYTES : MAX_ERROR_BYTES)) };
  } catch (cause) {
    if (isLate) {
      throw new ShowpadApiError('TIMEOUT', `${method} ${path} got no complete response in ${timeoutMs} ms.`, {
        hint: 'Showpad or the network is slow. Try again later, or set a longer timeoutMs.',
      });
    }
    throw new ShowpadApiError('NETWORK', `${method} ${path} got no complete response.`, {
      hint: 'The connection failed. See error.cause, and check the URL and the network.',
      cause,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    // The rest of a body that was not read to its end must not be downloaded.
    abort();
  }
}

function readValue(
  { response, text, isWhole }: ReceivedResponse,
  { method, path, secrets }: Exchange,
  nowMs: number,
): unknown {
  const { status, headers, ok } = response;
  const call = `${method} ${path}`;
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    throw new ShowpadApiError('REDIRECTED', `${call} was redirected.`, {
      hint: 'The client does not follow redirects, because a POST would lose its body. Check the URL in the options.',
      status,
    });
  }
  if (!ok) throw readError({ status, headers, text }, { call, nowMs, secrets });
  if (!isWhole) {
    throw new ShowpadApiError('RESPONSE_TOO_LARGE', `The response to ${call} is larger than 10 MiB.`, {
      hint: 'Set a smaller pageSize if this is a list. If not, check that the base URL is the one of Showpad’s API.',
      status,
    });
  }
  return text === '' ? undefined : parse(text, call, status);
}

function parse(text: string, call: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's error quotes the response, so it is not passed on as the cause.
    throw new ShowpadApiError('UNEXPECTED_RESPONSE', `The response to ${call} is not JSON.`, {
      hint: 'Check the base URL. Does a proxy answer in place of Showpad?',
      status,
    });
  }
}
