import type { Subscription } from './subscription.ts';

/** What is wrong with one field of a request, as Showpad tells it. */
export interface ErrorMeta {
  readonly name?: string;
  readonly reason?: string;
  readonly category?: string;
}

export interface ErrorDetails {
  readonly status?: number | undefined;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly meta?: readonly ErrorMeta[];
  readonly retryAfterMs?: number | undefined;
  readonly subscription?: Subscription | undefined;
  readonly signatureKey?: string | undefined;
  readonly cause?: unknown;
}

// A registered symbol, since the ESM and the CJS build, or two installed copies, may meet in one process.
const marker = Symbol.for('@showpad-webhooks/client/ShowpadApiError');

/**
 * A call that failed: what Showpad's API answered, or that there was no answer to use. It never holds a token, a
 * password or a header; the one key it may carry shows in neither `inspect` nor JSON. `cause` is what the runtime, or
 * your own code, threw.
 *
 * @example
 * ```ts
 * import { createShowpadWebhooksClient, ShowpadApiError } from '@showpad-webhooks/client';
 * import { createEmulator } from '@showpad-webhooks/emulator';
 *
 * const emulator = await createEmulator();
 * const client = createShowpadWebhooksClient({
 *   baseUrl: `${emulator.url}/webhooks/v1`,
 *   auth: { type: 'personal-token', token: emulator.accessToken },
 * });
 * try {
 *   await client.subscriptions.get('01GVZ8663CJAREF2SJE5XQRX7W');
 * } catch (error) {
 *   if (!ShowpadApiError.isInstance(error)) throw error;
 *   console.log(error.status, error.title); // 404 Not found
 * }
 * await emulator.close();
 * ```
 */
export class ShowpadApiError extends Error {
  override readonly name = 'ShowpadApiError';
  /** Of the answer; undefined where there was none. */
  readonly status: number | undefined;
  readonly title: string;
  /** What happened and, where that is known, its mend. */
  readonly detail: string;
  /**
   * For programs. Of this client: `NETWORK`, `TIMEOUT`, `UNEXPECTED_ANSWER`, `REDIRECTED`, `TOKENS_NOT_SAVED`,
   * `CREATE_UNCERTAIN`, `KEY_LOST`, `KEY_NOT_SAVED`, `SEVERAL_MATCH`. Of an answer: OAuth's `error` such as
   * `invalid_grant`, a v3 error's name, a v4 problem's type, or else `HTTP_` and the status.
   */
  readonly code: string;
  /** The fields at fault, where Showpad names them. */
  readonly meta: readonly ErrorMeta[];
  /** How long to wait before another try, where the answer says so. */
  readonly retryAfterMs: number | undefined;
  /** With `KEY_LOST` and `KEY_NOT_SAVED`: the subscription that is there, and whose key nobody has. */
  readonly subscription: Subscription | undefined;
  readonly #signatureKey: string | undefined;

  constructor(message: string, { cause, signatureKey, meta = [], ...details }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = details.status;
    this.title = details.title;
    this.detail = details.detail;
    this.code = details.code;
    this.meta = meta;
    this.retryAfterMs = details.retryAfterMs;
    this.subscription = details.subscription;
    this.#signatureKey = signatureKey;
    Object.defineProperty(this, marker, { value: true });
  }

  /** With `KEY_NOT_SAVED`: the key, this last time. */
  get signatureKey(): string | undefined {
    return this.#signatureKey;
  }

  /** Like `instanceof`, and true across copies of this package. */
  static isInstance(value: unknown): value is ShowpadApiError {
    return typeof value === 'object' && value !== null && Reflect.get(value, marker) === true;
  }
}

/** Of this client, rather than of an answer. */
export function clientError(
  code: string,
  title: string,
  detail: string,
  further: Pick<ErrorDetails, 'status' | 'subscription' | 'signatureKey' | 'cause'> = {},
): ShowpadApiError {
  return new ShowpadApiError(`${title}. ${detail}`, { ...further, code, title, detail });
}
