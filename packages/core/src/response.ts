import type { ShowpadWebhookErrorCode } from './error.ts';

/** What became of a delivery. */
export type Outcome = SuccessOutcome | 'rejected' | 'refused' | 'failed' | 'unavailable';

/** The answer to write, unchanged, to the sender. Header names are lower case. */
export interface WebhookResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

// The status table. Showpad never retries a 4xx (docs/showpad.md, "Delivery and retries"), so a 4xx stands only where
// a retry could not help. Whatever is not named here is trouble of our own, and may be over when it comes again.
const SUCCESS_STATUS = { handled: 200, ignored: 200, duplicate: 200, queued: 202 } as const;
export type SuccessOutcome = keyof typeof SUCCESS_STATUS;
const UNAVAILABLE = 503;
const FAILURE_STATUS: Partial<Record<ShowpadWebhookErrorCode, 400 | 401 | 405 | 413 | 415 | 422 | 500>> = {
  SIGNATURE_MISSING: 401,
  SIGNATURE_MALFORMED: 401,
  SIGNATURE_MISMATCH: 401,
  TIMESTAMP_MISSING: 401,
  TIMESTAMP_MALFORMED: 401,
  TIMESTAMP_TOO_OLD: 401,
  TIMESTAMP_IN_FUTURE: 401,
  BODY_INVALID: 400,
  EVENT_INVALID: 400,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  ENCODING_UNSUPPORTED: 415,
  PERMANENT_FAILURE: 422,
  HANDLER_FAILED: 500,
};

const RETRY_AFTER_SECONDS = '3';

export function failureOutcome(code: ShowpadWebhookErrorCode): Outcome {
  const status = FAILURE_STATUS[code];
  if (!status) return 'unavailable';
  if (status === 500) return 'failed';
  return status === 422 ? 'refused' : 'rejected';
}

export function successResponse(outcome: SuccessOutcome): WebhookResponse {
  return jsonResponse(SUCCESS_STATUS[outcome], {}, { outcome });
}

/** Names the outcome and the code, and nothing that would help a forger or leak a secret. */
export function failureResponse(
  code: ShowpadWebhookErrorCode,
  allowed: readonly string[],
  closesConnection: boolean,
): WebhookResponse {
  const status = FAILURE_STATUS[code] ?? UNAVAILABLE;
  const headers = {
    ...(status === 405 && { allow: allowed.join(', ') }),
    ...(status === UNAVAILABLE && { 'retry-after': RETRY_AFTER_SECONDS }),
    ...(closesConnection && { connection: 'close' }),
  };
  return jsonResponse(status, headers, { outcome: failureOutcome(code), code });
}

function jsonResponse(status: number, headers: Record<string, string>, body: object): WebhookResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}
