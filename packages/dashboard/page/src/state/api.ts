import { requestJson } from '@showpad-webhooks/ui/state/api.ts';

/** The page can be below any path, so the address of its own script tells where the API is. */
const SCRIPT = import.meta.url;
const TIMEOUT_MS = 15_000;

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Asks for something. @throws ApiError if it is refused or there is no answer */
export function get<Result>(call: string, query: Query = {}, signal?: AbortSignal): Promise<Result> {
  return request('GET', call, query, signal);
}

/** Changes something, or looks at a payload, which is written down. @throws ApiError if it is refused or there is no answer */
export function post<Result>(call: string, query: Query): Promise<Result> {
  return request('POST', call, query);
}

function request<Result>(method: string, call: string, query: Query, signal?: AbortSignal): Promise<Result> {
  const url = new URL(`api/${call}`, SCRIPT);
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value ?? []].flat()) url.searchParams.append(name, String(each));
  }
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return requestJson(
    url.href,
    { method, signal: signal ? AbortSignal.any([signal, timeout]) : timeout },
    { title: 'The app does not answer', detail: `Is it still running at ${location.host}?` },
  );
}
