import { requestJson } from '@showpad-webhooks/ui/state/api.ts';

const CONTROL_API = './__emulator';

/** Calls the control API. @throws ApiError if it refuses the request or does not respond */
export function request<Result>(method: string, path: string, body?: unknown): Promise<Result> {
  const content = body !== undefined && {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return requestJson(
    CONTROL_API + path,
    { method, ...content },
    { title: 'The emulator does not respond', detail: `Is it still running at ${location.origin}?` },
  );
}

export const get = <Result>(path: string): Promise<Result> => request('GET', path);
