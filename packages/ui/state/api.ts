/** A request that the server refused, with its explanation. */
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

/**
 * Calls an API that answers in JSON.
 *
 * @param noAnswer what to say if it does not respond
 * @throws ApiError if it refuses the request or does not respond
 */
export async function requestJson<Result>(
  url: string,
  options: RequestInit,
  noAnswer: { readonly title: string; readonly detail: string },
): Promise<Result> {
  const response = await fetch(url, options).catch(() => {
    throw new ApiError(noAnswer.title, noAnswer.detail);
  });
  const text = await response.text();
  if (!response.ok) throw toApiError(response, text);
  return (text === '' ? undefined : JSON.parse(text)) as Result;
}

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
