import { clientError, type ShowpadApiError } from './error.ts';
import type { Settings } from './options.ts';
import { readError } from './read-error.ts';

/** One request, as it is sent. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** As errors and hooks call it. */
  readonly path: string;
  readonly attempt: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is sent and must not come back in an error. */
  readonly secrets: readonly string[];
}

/**
 * Sends one request and reads its answer's JSON; undefined where it has none.
 *
 * @throws ShowpadApiError; and the signal's reason, where the caller gave up
 */
export async function exchange(settings: Settings, request: Exchange): Promise<unknown> {
  const { clock, hooks } = settings;
  const { method, path, attempt } = request;
  const startedMs = clock();
  const report = (status: number | undefined, error: ShowpadApiError | undefined) =>
    callHook(hooks.onResponse, { method, path, attempt, status, durationMs: clock() - startedMs, error });
  try {
    const { status, value } = await send(settings, request);
    report(status, undefined);
    return value;
  } catch (thrown) {
    request.signal?.throwIfAborted();
    const error = thrown as ShowpadApiError;
    report(error.status, error);
    throw error;
  }
}

async function send(
  { fetch, timeoutMs, clock }: Settings,
  { method, url, path, headers, body, signal, secrets }: Exchange,
): Promise<{ readonly status: number; readonly value: unknown }> {
  const call = `${method} ${path}`;
  const controller = new AbortController();
  const abort = () => controller.abort();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    abort();
  }, timeoutMs);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...headers },
      // Followed, a POST would become a GET: a create would look like it had worked.
      redirect: 'manual',
      signal: controller.signal,
      ...(body !== undefined && { body }),
    });
    text = await response.text();
  } catch (cause) {
    if (isLate) throw clientError('TIMEOUT', `${call} had no answer`, `None came within ${timeoutMs} ms.`);
    const detail = 'The connection failed before the whole answer was there: see the cause.';
    throw clientError('NETWORK', `${call} had no answer`, detail, { cause });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
  const { status } = response;
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    const detail = 'Redirects are not followed, since a POST would lose its body. Is the base URL right?';
    throw clientError('REDIRECTED', `${call} was redirected`, detail, { status });
  }
  if (!response.ok) {
    throw readError({ status, headers: response.headers, text }, { call, nowMs: clock(), secrets });
  }
  return { status, value: text === '' ? undefined : parse(text, call, status) };
}

function parse(text: string, call: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the answer, so it is no cause to pass on.
    const detail = 'Is a proxy between, or the base URL that of another service?';
    throw clientError('UNEXPECTED_ANSWER', `${call} was answered without JSON`, detail, { status });
  }
}

/** Tells, and lets nothing that a hook throws out. */
export function callHook<Info>(hook: ((info: Info) => void) | undefined, info: Info): void {
  try {
    hook?.(info);
  } catch {
    // The call goes on: a hook only watches.
  }
}
