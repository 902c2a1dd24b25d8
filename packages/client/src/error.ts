import type { Subscription } from './subscriptions/subscription.ts';
import { printable } from './text.ts';

/** What is wrong with one field of a request, in Showpad's words. */
export interface FieldProblem {
  readonly name?: string;
  readonly reason?: string;
  readonly category?: string;
}

/**
 * What went wrong. `HTTP_ERROR` is every response with an error status: look at `status` and `showpadCode`. The README
 * says what each code means and what to do.
 */
export type ApiErrorCode =
  | 'HTTP_ERROR'
  | 'NETWORK'
  | 'TIMEOUT'
  | 'REDIRECTED'
  | 'UNEXPECTED_RESPONSE'
  | 'RESPONSE_TOO_LARGE'
  | 'TOKENS_NOT_SAVED'
  | 'CREATE_UNCERTAIN'
  | 'KEY_LOST'
  | 'KEY_NOT_SAVED'
  | 'SEVERAL_MATCH';

/** Everything about an error except its code and its message. */
export interface ApiErrorDetails {
  /** A sentence for the developer: the likely cause and the fix. */
  readonly hint: string;
  readonly status?: number | undefined;
  readonly showpadCode?: string | undefined;
  readonly title?: string | undefined;
  readonly detail?: string | undefined;
  readonly meta?: readonly FieldProblem[];
  readonly retryAfterMs?: number | undefined;
  readonly subscription?: Subscription | undefined;
  readonly signatureKey?: string | undefined;
  readonly cause?: unknown;
}

// The marker is a registered symbol because the ESM and the CJS build, or two installed copies, may meet in one process.
const marker = Symbol.for('@showpad-webhooks/client/ShowpadApiError');

/**
 * Says why a call failed and how to fix it. `message` and `hint` are sentences. The error never contains a token, a
 * password or a header. The one key that it may carry is not shown by `inspect` or in JSON. `cause` is what the runtime,
 * or your own code, threw.
 *
 * @example
 * ```ts
 * import { createClient, ShowpadApiError } from '@showpad-webhooks/client';
 * import { createEmulator } from '@showpad-webhooks/emulator';
 *
 * const emulator = await createEmulator();
 * const client = createClient({
 *   baseUrl: `${emulator.url}/webhooks/v1`,
 *   auth: { type: 'personal-token', token: emulator.accessToken },
 * });
 * try {
 *   await client.subscriptions.get('01GVZ8663CJAREF2SJE5XQRX7W');
 * } catch (error) {
 *   if (!ShowpadApiError.isInstance(error)) throw error;
 *   console.log(error.code, error.status); // HTTP_ERROR 404
 * }
 * await emulator.close();
 * ```
 */
export class ShowpadApiError extends Error {
  /** Stable, for programs. */
  readonly code: ApiErrorCode;
  /** A sentence for the developer: the likely cause and the fix. */
  readonly hint: string;
  /** The HTTP status. Undefined if there was no response. */
  readonly status: number | undefined;
  /**
   * The code in the response, if it has one: OAuth's `error` such as `invalid_grant`, the name of a v3 error, or the
   * type of a v4 problem.
   */
  readonly showpadCode: string | undefined;
  /** The title in the response, if it has one. */
  readonly title: string | undefined;
  /** The explanation in the response, if it has one. */
  readonly detail: string | undefined;
  /** The fields that are wrong, if the response names them. */
  readonly meta: readonly FieldProblem[];
  /** How long to wait before the next attempt, if the response says so. */
  readonly retryAfterMs: number | undefined;
  /** With `KEY_LOST` and `KEY_NOT_SAVED`: the subscription that exists although nobody has its key. */
  readonly subscription: Subscription | undefined;
  readonly #signatureKey: string | undefined;

  constructor(
    code: ApiErrorCode,
    message: string,
    { cause, signatureKey, meta = [], ...details }: ApiErrorDetails,
  ) {
    // They quote what a server says.
    super(printable(message), cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = printable(details.hint);
    this.status = details.status;
    this.showpadCode = details.showpadCode;
    this.title = details.title;
    this.detail = details.detail;
    this.meta = meta;
    this.retryAfterMs = details.retryAfterMs;
    this.subscription = details.subscription;
    this.#signatureKey = signatureKey;
  }

  static {
    Object.assign(ShowpadApiError.prototype, { name: 'ShowpadApiError', [marker]: true });
  }

  /** With `KEY_NOT_SAVED`: the signature key, for the last time. */
  get signatureKey(): string | undefined {
    return this.#signatureKey;
  }

  /** Works like `instanceof`, and also across copies of this package. */
  static isInstance(value: unknown): value is ShowpadApiError {
    return typeof value === 'object' && value !== null && Reflect.get(value, marker) === true;
  }
}
