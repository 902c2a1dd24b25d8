const CONTROL_API = './__emulator';

/** A request that the emulator refused, with its explanation. */
export class ApiError extends Error {
  readonly title: string;
  /** What is wrong with each field, by the field's name. */
  readonly fields: ReadonlyMap<string, string>;

  constructor(title: string, detail: string, fields: ReadonlyMap<string, string> = new Map()) {
    super(detail);
    this.title = title;
    this.fields = fields;
  }
}

interface ProblemJson {
  readonly title?: string;
  readonly detail?: string;
  readonly meta?: readonly { readonly name: string; readonly reason: string }[];
}

/** Calls the control API. @throws ApiError if it refuses the request or does not respond */
export async function request<Result>(method: string, path: string, body?: unknown): Promise<Result> {
  const response = await fetch(CONTROL_API + path, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  }).catch(() => {
    throw new ApiError('The emulator does not respond', `Is it still running at ${location.origin}?`);
  });
  const text = await response.text();
  if (!response.ok) throw toApiError(response, text);
  return (text === '' ? undefined : JSON.parse(text)) as Result;
}

export const get = <Result>(path: string): Promise<Result> => request('GET', path);

function toApiError({ status, statusText }: Response, text: string): ApiError {
  let problem: ProblemJson;
  try {
    problem = JSON.parse(text) as ProblemJson;
  } catch {
    problem = { detail: text };
  }
  const fields = new Map(problem.meta?.map(({ name, reason }) => [name, reason]));
  return new ApiError(problem.title ?? `${status} ${statusText}`, problem.detail ?? '', fields);
}
