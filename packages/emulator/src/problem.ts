import { printable } from '@showpad-webhooks/core/shared';

/** What is wrong with one field of a request. */
export interface EmulatorFieldProblem {
  /** The field's name, such as `url` or `headers[0].name`. */
  readonly name: string;
  /** The rest of a sentence that begins with the name: what the field must be. */
  readonly reason: string;
}

const PROBLEMS = {
  BODY_MALFORMED: { status: 400, title: 'Malformed body' },
  AUTHORIZATION_INVALID: { status: 400, title: 'Invalid authorization request' },
  UNAUTHORIZED: { status: 401, title: 'Unauthorized' },
  HOST_FORBIDDEN: { status: 403, title: 'Forbidden host' },
  ORIGIN_FORBIDDEN: { status: 403, title: 'Forbidden origin' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Method not allowed' },
  NO_BODY_TO_REPLAY: { status: 409, title: 'No body to replay' },
  NOTHING_TO_EXPLAIN: { status: 409, title: 'Nothing to explain' },
  BODY_TOO_LARGE: { status: 413, title: 'Body too large' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'Unsupported media type' },
  INPUT_INVALID: { status: 422, title: 'Invalid input' },
  EMULATOR_FAILED: { status: 500, title: 'Emulator failure' },
};

export type EmulatorProblemCode = keyof typeof PROBLEMS;

// The marker is a registered symbol because the ESM and the CJS build, or two installed copies, may meet in one process.
const marker = Symbol.for('@showpad-webhooks/emulator/EmulatorProblem');

export interface EmulatorProblemDetails {
  readonly meta?: readonly EmulatorFieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the emulator refuses, and why: `application/problem+json` over HTTP, a rejected promise in code. */
export class EmulatorProblem extends Error {
  /** Stable, for programs. */
  readonly code: EmulatorProblemCode;
  /** The HTTP status. */
  readonly status: number;
  readonly title: string;
  /** The fields that are wrong. Empty unless the code is `INPUT_INVALID`. */
  readonly meta: readonly EmulatorFieldProblem[];
  /** Headers of the HTTP response. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: EmulatorProblemCode,
    message: string,
    { meta = [], headers = {} }: EmulatorProblemDetails = {},
  ) {
    super(printable(message)); // It may name a field that came from outside.
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.title = PROBLEMS[code].title;
    this.meta = meta;
    this.headers = headers;
  }

  static {
    Object.assign(EmulatorProblem.prototype, { name: 'EmulatorProblem', [marker]: true });
  }

  /** Works like `instanceof`, and also across copies of this package. */
  static isInstance(value: unknown): value is EmulatorProblem {
    return (value as Record<symbol, unknown> | null | undefined)?.[marker] === true;
  }
}

type ProblemJson = Pick<EmulatorProblem, 'status' | 'title' | 'message'> & EmulatorProblemDetails;

/** Writes a problem in the shape of Showpad's v4 errors (docs/showpad.md, "Subscriptions"). */
export function problemResponse({ status, title, message, meta = [], headers }: ProblemJson): Response {
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

export function invalid(meta: readonly EmulatorFieldProblem[]): EmulatorProblem {
  return new EmulatorProblem('INPUT_INVALID', sentencesOf(meta), { meta });
}

/** One sentence per field, to be read as text. */
export function sentencesOf(problems: readonly EmulatorFieldProblem[]): string {
  return problems.map(({ name, reason }) => `${name} ${reason}`).join(' ');
}

export function badCursor(): EmulatorProblem {
  return invalid([{ name: 'cursor', reason: 'must be the cursor of another page.' }]);
}

export function notFound(what: string): EmulatorProblem {
  return new EmulatorProblem('NOT_FOUND', `There is no ${what}.`);
}
