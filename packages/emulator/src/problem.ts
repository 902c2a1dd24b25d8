/** What is wrong with one field of a request. */
export interface FieldProblem {
  /** The field's name, `headers[0].name` within a list. */
  readonly name: string;
  /** The rule and the mend, as the end of a sentence that begins with the name. */
  readonly reason: string;
}

interface ProblemInit {
  readonly meta?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal: `application/problem+json` over HTTP, a rejection in code. */
export class EmulatorProblem extends Error {
  override readonly name = 'EmulatorProblem';
  /** The HTTP status. */
  readonly status: number;
  readonly title: string;
  /** The fields at fault, where there are any. */
  readonly meta: readonly FieldProblem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, title: string, detail: string, { meta = [], headers = {} }: ProblemInit = {}) {
    super(detail);
    this.status = status;
    this.title = title;
    this.meta = meta;
    this.headers = headers;
  }
}

/** Showpad's v4 errors (docs/showpad.md, "Subscriptions"). */
export function problemResponse({ status, title, message, meta, headers }: EmulatorProblem): Response {
  const body = {
    title,
    status,
    detail: message,
    ...(meta.length > 0 && { meta: meta.map((field) => ({ ...field, category: 'validation' })) }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });
}

export function invalid(meta: readonly FieldProblem[]): EmulatorProblem {
  const detail = meta.map(({ name, reason }) => `${name} ${reason}`).join(' ');
  return new EmulatorProblem(422, 'Invalid input', detail, { meta });
}

export function notFound(what: string): EmulatorProblem {
  return new EmulatorProblem(404, 'Not found', `There is no ${what}.`);
}
