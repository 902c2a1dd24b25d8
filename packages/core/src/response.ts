import type { ShowpadWebhookErrorCode } from './error.ts';

/** What became of a delivery. */
export type Outcome = SuccessOutcome | 'rejected' | 'refused' | 'failed' | 'unavailable';

export type SuccessOutcome = 'handled' | 'ignored' | 'duplicate' | 'queued';

/** The answer to write, unchanged, to the sender. Header names are lower case. */
export interface WebhookResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

// The status table. Showpad never retries a 4xx (docs/showpad.md, "Delivery and retries"), so a 4xx stands only where
// a retry could not help. Whatever is not named here is trouble of our own, and may be over when it comes again.
const UNTRUSTED = /^(SIGNATURE|TIMESTAMP)_/;
const FAILURE_STATUS: Partial<Record<ShowpadWebhookErrorCode, number>> = {
  BODY_INVALID: 400,
  EVENT_INVALID: 400,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  ENCODING_UNSUPPORTED: 415,
  PERMANENT_FAILURE: 422,
  HANDLER_FAILED: 500,
};

function statusOf(code: ShowpadWebhookErrorCode): number {
  return UNTRUSTED.test(code) ? 401 : (FAILURE_STATUS[code] ?? 503);
}

const RETRY_AFTER_SECONDS = '3';

export function failureOutcome(code: ShowpadWebhookErrorCode): Outcome {
  const status = statusOf(code);
  if (status === 503) return 'unavailable';
  if (status === 500) return 'failed';
  return status === 422 ? 'refused' : 'rejected';
}

export function successResponse(outcome: SuccessOutcome): WebhookResponse {
  return jsonResponse(outcome === 'queued' ? 202 : 200, `{"outcome":"${outcome}"}`);
}

/** Names the outcome and the code, and nothing that would help a forger or leak a secret. */
export function failureResponse(
  code: ShowpadWebhookErrorCode,
  allowed: readonly string[],
  closesConnection: boolean,
): WebhookResponse {
  const status = statusOf(code);
  const response = jsonResponse(status, `{"outcome":"${failureOutcome(code)}","code":"${code}"}`);
  if (status === 405) response.headers.allow = allowed.join(', ');
  if (status === 503) response.headers['retry-after'] = RETRY_AFTER_SECONDS;
  if (closesConnection) response.headers.connection = 'close';
  return response;
}

function jsonResponse(status: number, body: string) {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status, headers, body };
}
