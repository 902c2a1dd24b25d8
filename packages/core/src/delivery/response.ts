import type { ErrorCode } from '../shared/error.ts';

/** What became of a delivery. */
export type Outcome = SuccessOutcome | FailureOutcome;

export type SuccessOutcome = 'handled' | 'ignored' | 'duplicate' | 'queued';

export type FailureOutcome = 'rejected' | 'failed' | 'unavailable';

/**
 * The header of every response of a receiver. It says the outcome and, if the delivery failed, the code, such as
 * `handled` or `rejected SIGNATURE_MISMATCH`. A response without it came from something else, such as a proxy.
 */
export const OUTCOME_HEADER = 'showpad-webhooks';

/** The response to write to the sender without changes. Header names are lower case. */
export interface WebhookResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface CodeMeaning {
  readonly outcome: FailureOutcome;
  readonly status: number;
  /** True if another attempt at the same event cannot help, so an inbox keeps the event as dead at once. */
  readonly isFinal: boolean;
}

const FORGED: CodeMeaning = { outcome: 'rejected', status: 401, isFinal: false };
const OUR_TROUBLE: CodeMeaning = { outcome: 'unavailable', status: 503, isFinal: false };

/**
 * The one table of codes. Showpad never retries a 4xx (docs/showpad.md, "Delivery and retries"), so a code has a 4xx only
 * if a retry cannot help. `EVENT_CONFLICT` and `EVENT_DRIFT` are only reported, and never decide a response.
 */
export const CODES: Readonly<Record<ErrorCode, CodeMeaning>> = {
  SIGNATURE_MISSING: FORGED,
  SIGNATURE_MALFORMED: FORGED,
  SIGNATURE_MISMATCH: FORGED,
  TIMESTAMP_MISSING: FORGED,
  TIMESTAMP_MALFORMED: FORGED,
  TIMESTAMP_TOO_OLD: FORGED,
  TIMESTAMP_IN_FUTURE: FORGED,
  METHOD_NOT_ALLOWED: { outcome: 'rejected', status: 405, isFinal: false },
  BODY_TOO_LARGE: { outcome: 'rejected', status: 413, isFinal: false },
  ENCODING_UNSUPPORTED: { outcome: 'rejected', status: 415, isFinal: false },
  BODY_INVALID: { outcome: 'rejected', status: 400, isFinal: true },
  EVENT_INVALID: { outcome: 'rejected', status: 400, isFinal: true },
  PERMANENT_FAILURE: { outcome: 'failed', status: 422, isFinal: true },
  HANDLER_FAILED: { outcome: 'failed', status: 500, isFinal: false },
  // In an inbox this code ends an attempt only if the handler never ended, and then no retry in this process may help.
  HANDLER_TIMEOUT: { outcome: 'unavailable', status: 503, isFinal: true },
  IN_PROGRESS: OUR_TROUBLE,
  OVERLOADED: OUR_TROUBLE,
  CLOCK_SUSPECT: OUR_TROUBLE,
  // The event is authentic, so the limit is our trouble. An inbox keeps the event as dead.
  EVENT_TOO_LARGE: { outcome: 'unavailable', status: 503, isFinal: true },
  RAW_BODY_UNAVAILABLE: OUR_TROUBLE,
  BODY_TIMEOUT: OUR_TROUBLE,
  KEY_LOOKUP_FAILED: OUR_TROUBLE,
  LEDGER_FAILED: OUR_TROUBLE,
  INBOX_FAILED: OUR_TROUBLE,
  EVENT_CONFLICT: OUR_TROUBLE,
  EVENT_DRIFT: OUR_TROUBLE,
  CLOSED: OUR_TROUBLE,
};

const RETRY_AFTER_SECONDS = '3';

// A bundler leaves out a call that is marked as pure if nobody uses its result.
export const SUCCESS_RESPONSES: Readonly<Record<SuccessOutcome, WebhookResponse>> = {
  handled: /* @__PURE__ */ jsonResponse(200, { outcome: 'handled' }),
  ignored: /* @__PURE__ */ jsonResponse(200, { outcome: 'ignored' }),
  duplicate: /* @__PURE__ */ jsonResponse(200, { outcome: 'duplicate' }),
  queued: /* @__PURE__ */ jsonResponse(202, { outcome: 'queued' }),
};

export interface FailureResponseOptions {
  readonly methods: readonly string[];
  readonly closesConnection: boolean;
}

/** The response names the outcome and the code, and nothing that would help a forger or reveal a secret. */
export function failureResponse(
  code: ErrorCode,
  { methods, closesConnection }: FailureResponseOptions,
): WebhookResponse {
  const { outcome, status } = CODES[code];
  return jsonResponse(
    status,
    { outcome, code },
    {
      ...(status === 405 && { allow: methods.join(', ') }),
      ...(status === 503 && { 'retry-after': RETRY_AFTER_SECONDS }),
      ...(closesConnection && { connection: 'close' }),
    },
  );
}

function jsonResponse(
  status: number,
  body: { readonly outcome: Outcome; readonly code?: ErrorCode },
  headers: Readonly<Record<string, string>> = {},
): WebhookResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      [OUTCOME_HEADER]: Object.values(body).join(' '),
      ...headers,
    },
    body: JSON.stringify(body),
  };
}
