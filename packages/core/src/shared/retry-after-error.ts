import { checkKnown } from './check.ts';
import { hasMarker } from './error.ts';

const marker = Symbol.for('@showpad-webhooks/core/RetryAfterError');
const LONGEST_WAIT_MS = 3_600_000;

export type RetryAfterDetails = {
  /** What made your code throw this, such as the error of a client library. */
  readonly cause?: unknown;
} & (
  | {
      /** How long to wait, in ms. */
      readonly afterMs: number;
    }
  | {
      /** The value of a `Retry-After` header: a number of seconds, or a date. If it is missing, no wait is asked for. */
      readonly header: string | null | undefined;
    }
);

/**
 * Throw this from a handler to say when to try again, for example if an API limits your calls. The attempt has failed like any
 * other, and the inbox makes the next one when this time is over and not before, or later if its `backoff` says so. A time of
 * more than an hour counts as an hour. Without an inbox Showpad decides when it tries again.
 *
 * @example
 * ```ts
 * import { createReceiver, RetryAfterError } from '@showpad-webhooks/core';
 *
 * createReceiver({ keys: 'a-signature-key' }).on('shared-space-user-added', async ({ data }) => {
 *   const body = JSON.stringify({ email: data.invitee.email });
 *   const response = await fetch('https://crm.example.com/contacts', { method: 'POST', body });
 *   if (response.status === 429) {
 *     throw new RetryAfterError('The CRM limits our calls.', { header: response.headers.get('retry-after') });
 *   }
 * });
 * ```
 */
export class RetryAfterError extends Error {
  /** How long to wait, in ms. It is 0 if there was no readable time. */
  readonly afterMs: number;

  /** @throws TypeError for an unknown detail. */
  constructor(message: string, details: RetryAfterDetails) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    checkKnown(details, { afterMs: true, header: true, cause: true });
    const ms = 'afterMs' in details ? details.afterMs : readHeader(details.header);
    this.afterMs = Math.round(Math.min(Math.max(0, ms) || 0, LONGEST_WAIT_MS));
  }

  static {
    Object.assign(RetryAfterError.prototype, { name: 'RetryAfterError', [marker]: true });
  }

  /** Works like `instanceof`, and also across copies of this package. */
  static isInstance(value: unknown): value is RetryAfterError {
    return hasMarker(value, marker);
  }
}

/** How long an error that a handler threw asks to wait, in ms. */
export function afterMsOf(thrown: unknown): number {
  return RetryAfterError.isInstance(thrown) ? thrown.afterMs : 0;
}

function readHeader(header: string | null | undefined): number {
  const seconds = Number(header);
  return Number.isNaN(seconds) ? Date.parse(String(header)) - Date.now() : seconds * 1_000;
}
