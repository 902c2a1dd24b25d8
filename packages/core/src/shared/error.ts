import { printable, printableLines } from './text.ts';

/** Everything that can go wrong with a delivery. What each code means and how to fix it: docs/errors.md. */
export type ErrorCode =
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_MALFORMED'
  | 'SIGNATURE_MISMATCH'
  | 'TIMESTAMP_MISSING'
  | 'TIMESTAMP_MALFORMED'
  | 'TIMESTAMP_TOO_OLD'
  | 'TIMESTAMP_IN_FUTURE'
  | 'METHOD_NOT_ALLOWED'
  | 'BODY_TOO_LARGE'
  | 'EVENT_TOO_LARGE'
  | 'BODY_INVALID'
  | 'EVENT_INVALID'
  | 'RAW_BODY_UNAVAILABLE'
  | 'KEY_LOOKUP_FAILED'
  | 'BODY_TIMEOUT'
  | 'ENCODING_UNSUPPORTED'
  | 'EVENT_CONFLICT'
  | 'LEDGER_FAILED'
  | 'INBOX_FAILED'
  | 'HANDLER_FAILED'
  | 'HANDLER_TIMEOUT'
  | 'PERMANENT_FAILURE'
  | 'IN_PROGRESS'
  | 'OVERLOADED'
  | 'CLOCK_SUSPECT'
  | 'EVENT_DRIFT'
  | 'CLOSED';

// The markers are registered symbols because the ESM and the CJS build, or two installed copies, may meet in one process.
const errorMarker = Symbol.for('@showpad-webhooks/core/ShowpadWebhookError');
const permanentMarker = Symbol.for('@showpad-webhooks/core/PermanentError');

export interface ErrorDetails {
  /** A sentence for the developer: the likely cause and the fix. */
  readonly hint: string;
  /** What your own code threw, if it threw. */
  readonly cause?: unknown;
  /** The handler that threw. */
  readonly handlerName?: string;
}

/**
 * Says what went wrong with a delivery and how to fix it. `message` and `hint` are sentences, and neither ever contains a
 * key, a signature or a payload. `cause` is what your own code threw.
 *
 * @example
 * ```ts
 * import { createReceiver, ShowpadWebhookError } from '@showpad-webhooks/core';
 *
 * const receiver = createReceiver({ keys: 'a-signature-key' });
 * receiver.onError((error) => console.error(error.code, error.message, error.hint, error.cause));
 * console.log(ShowpadWebhookError.isInstance(new Error('x'))); // false
 * ```
 */
export class ShowpadWebhookError extends Error {
  /** Stable, for programs. */
  readonly code: ErrorCode;
  /** A sentence for the developer: the likely cause and the fix. It is never sent in a response. */
  readonly hint: string;
  /** What your own code threw, if it threw. `Error` has it too, but not in the types of an app whose target is before ES2022. */
  declare readonly cause?: unknown;
  /** The name of the handler that threw. Undefined: it was not a handler. */
  readonly handlerName: string | undefined;

  constructor(code: ErrorCode, message: string, { hint, cause, handlerName }: ErrorDetails) {
    // An adapter may have put into them what was sent, such as the path of a URL.
    super(printable(message), cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = printable(hint);
    this.handlerName = handlerName;
  }

  static {
    Object.assign(ShowpadWebhookError.prototype, { name: 'ShowpadWebhookError', [errorMarker]: true });
  }

  /** Works like `instanceof`, and also across copies of this package. */
  static isInstance(value: unknown): value is ShowpadWebhookError {
    return hasMarker(value, errorMarker);
  }
}

/**
 * Throw this from a handler to say that no retry will help. The event counts as completed, the response is 422 (Showpad
 * never retries a 4xx), and the delivery goes to `onDeadLetter`.
 *
 * @example
 * ```ts
 * import { createReceiver, PermanentError } from '@showpad-webhooks/core';
 *
 * createReceiver({ keys: 'a-signature-key' }).on('shared-space-user-added', (event) => {
 *   if (!event.data.invitee.email) throw new PermanentError('The invitee has no email address.');
 * });
 * ```
 */
export class PermanentError extends Error {
  static {
    Object.assign(PermanentError.prototype, { name: 'PermanentError', [permanentMarker]: true });
  }

  /** Works like `instanceof`, and also across copies of this package. */
  static isInstance(value: unknown): value is PermanentError {
    return hasMarker(value, permanentMarker);
  }
}

export function hasMarker(value: unknown, marker: symbol): boolean {
  try {
    return (value as Record<symbol, unknown> | null | undefined)?.[marker] === true;
  } catch {
    return false; // A thrown proxy may throw again when it is read.
  }
}

/** Turns whatever was thrown on the way of a delivery into an error with a code. */
export function toWebhookError(thrown: unknown): ShowpadWebhookError {
  if (ShowpadWebhookError.isInstance(thrown)) return thrown;
  return new ShowpadWebhookError('HANDLER_FAILED', 'The delivery could not be received.', {
    hint: 'This is a bug in @showpad-webhooks/core. Please report it, together with error.cause.',
    cause: thrown,
  });
}

/** The message of an error, or the text of anything else that was thrown, safe to show on one line. It never throws. */
export function messageOf(thrown: unknown): string {
  return printable(textOf(thrown, 'message'));
}

/** The stack of an error, or the text of anything else that was thrown, safe to show. It never throws. */
export function stackOf(thrown: unknown): string {
  return printableLines(textOf(thrown, 'stack'));
}

function textOf(thrown: unknown, part: 'message' | 'stack'): string {
  try {
    return String((thrown as Partial<Error> | null | undefined)?.[part] ?? thrown);
  } catch {
    return 'an error that cannot be read'; // It may be a proxy that throws when it is read.
  }
}
