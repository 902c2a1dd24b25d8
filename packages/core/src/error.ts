/** Every way a delivery can go wrong. Cause and mend of each: the README's "Error codes". */
export type ShowpadWebhookErrorCode =
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_MALFORMED'
  | 'SIGNATURE_MISMATCH'
  | 'TIMESTAMP_MISSING'
  | 'TIMESTAMP_MALFORMED'
  | 'TIMESTAMP_TOO_OLD'
  | 'TIMESTAMP_IN_FUTURE'
  | 'METHOD_NOT_ALLOWED'
  | 'BODY_TOO_LARGE'
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
  | 'PERMANENT_FAILURE'
  | 'IN_PROGRESS'
  | 'CLOSED';

// Registered symbols, since the ESM and the CJS build, or two installed copies, may meet in one process.
const errorMarker = Symbol.for('@showpad-webhooks/core/ShowpadWebhookError');
const permanentMarker = Symbol.for('@showpad-webhooks/core/PermanentError');

/**
 * What went wrong with a delivery, and how to mend it. Neither the message nor the hint ever holds a key,
 * a signature or a payload; `cause` is what your own code threw.
 *
 * @example
 * ```ts
 * import { createReceiver, ShowpadWebhookError } from '@showpad-webhooks/core';
 *
 * const receiver = createReceiver({ keys: 'a-signature-key' });
 * receiver.onError((error) => console.error(error.code, error.message, error.hint));
 * console.log(ShowpadWebhookError.isInstance(new Error('x'))); // false
 * ```
 */
export class ShowpadWebhookError extends Error {
  /** Stable, for programs. */
  readonly code: ShowpadWebhookErrorCode;
  /** For the developer: the likely cause and its mend. Never sent in a response. */
  readonly hint: string;

  constructor(code: ShowpadWebhookErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }

  static {
    Object.assign(ShowpadWebhookError.prototype, { name: 'ShowpadWebhookError', [errorMarker]: true });
  }

  /** Like `instanceof`, and true across copies of this package. */
  static isInstance(value: unknown): value is ShowpadWebhookError {
    return hasMarker(value, errorMarker);
  }
}

/**
 * Throw this from a handler to say that no retry will help: the event counts as completed, the answer is 422
 * (Showpad never retries a 4xx) and the delivery goes to `onDeadLetter`.
 *
 * @example
 * ```ts
 * import { createReceiver, PermanentError } from '@showpad-webhooks/core';
 *
 * createReceiver({ keys: 'a-signature-key' }).on('shared-space-user-added', (event) => {
 *   if (!event.data.invitee.email) throw new PermanentError('an invitee without an email address');
 * });
 * ```
 */
export class PermanentError extends Error {
  static {
    Object.assign(PermanentError.prototype, { name: 'PermanentError', [permanentMarker]: true });
  }

  /** Like `instanceof`, and true across copies of this package. */
  static isInstance(value: unknown): value is PermanentError {
    return hasMarker(value, permanentMarker);
  }
}

function hasMarker(value: unknown, marker: symbol): boolean {
  try {
    return (value as Record<symbol, unknown> | null | undefined)?.[marker] === true;
  } catch {
    return false; // a thrown proxy may throw again when it is looked at
  }
}

/** Whether no retry helps: refused by a handler, or no event at all. */
export function isFinal({ code }: { readonly code: string }): boolean {
  return code === 'PERMANENT_FAILURE' || code.endsWith('_INVALID');
}

/** Whatever was thrown, as an error with a code. */
export function toWebhookError(thrown: unknown): ShowpadWebhookError {
  if (ShowpadWebhookError.isInstance(thrown)) return thrown;
  return new ShowpadWebhookError(
    'HANDLER_FAILED',
    'a delivery could not be received',
    'A defect: see the cause.',
    thrown,
  );
}
