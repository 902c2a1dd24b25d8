import { type ErrorCode, OUTCOME_HEADER } from '@showpad-webhooks/core';
import { excerpt } from '../terminal/printable.ts';
import type { HeaderMap } from './send.ts';

interface ReceivedAnswer {
  readonly status: number;
  readonly headers: HeaderMap;
  readonly body: string;
}

/** Why there was no answer. */
interface MissingAnswer {
  readonly status: null;
  readonly errorCode: string | undefined;
}

/** What a receiver of these packages says became of a delivery. */
export interface Outcome {
  readonly outcome?: string;
  /** Why, if it failed. */
  readonly code?: string;
}

/**
 * Reads what a receiver of these packages answers, in the header or, if a proxy removed it, in the body. The answer of
 * anything else has no outcome.
 */
export function readOutcome({ headers, body }: Pick<ReceivedAnswer, 'headers' | 'body'>): Outcome {
  const header = headers[OUTCOME_HEADER];
  if (typeof header === 'string') return toOutcome(...header.split(' '));
  try {
    const { outcome, code } = Object(JSON.parse(body));
    return toOutcome(outcome, code);
  } catch {
    return {};
  }
}

function toOutcome(outcome?: unknown, code?: unknown): Outcome {
  if (!isWord(outcome)) return {};
  return isWord(code) ? { outcome, code } : { outcome };
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,40}$/.test(value);
}

/** An answer in a few words, such as `200 handled` or `401 rejected SIGNATURE_MISMATCH`. */
export function labelOf(status: number, { outcome, code }: Outcome): string {
  return [status, outcome, code].filter(Boolean).join(' ');
}

export function isDelivered(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}

const NO_HEADERS = 'The headers of the signature did not arrive. Look for a proxy that removes "x-" headers.';
const SEE_LOG = 'The log of the app has the details.';

// docs/errors.md says the same to whoever receives the delivery.
const ADVICE: Readonly<Record<ErrorCode, string>> = {
  SIGNATURE_MISSING: NO_HEADERS,
  SIGNATURE_MALFORMED: 'The signature arrived in another form. Look for a proxy that changes headers.',
  SIGNATURE_MISMATCH:
    'The endpoint verifies with another key, or something changed the body on the way. Compare --key with the key in the app, and look for a proxy or a parser that changes bodies.',
  TIMESTAMP_MISSING: NO_HEADERS,
  TIMESTAMP_MALFORMED: 'The timestamp arrived in another form. Look for a proxy that repeats headers.',
  TIMESTAMP_TOO_OLD:
    'By the endpoint\'s clock, the delivery was signed too long ago. Compare the clocks of both machines with "date -u".',
  TIMESTAMP_IN_FUTURE:
    'By the endpoint\'s clock, the delivery was signed in the future. Compare the clocks of both machines with "date -u".',
  METHOD_NOT_ALLOWED: 'The endpoint does not accept this method. Use POST, or set "methods" in the app.',
  BODY_TOO_LARGE:
    'The body is larger than "maxBodyBytes" in the app. Raise it if you expect events of this size.',
  EVENT_TOO_LARGE:
    'The event is larger than "maxBodyBytes" in the app. Raise it if you expect events of this size.',
  BODY_INVALID: 'The signature is right, but the body is not a JSON object.',
  EVENT_INVALID:
    'The signature is right, but the event has no "type" or no "id". For GET, add ?type= to the URL.',
  ENCODING_UNSUPPORTED: 'The body arrived compressed. Look for a proxy that compresses requests.',
  RAW_BODY_UNAVAILABLE: `A body parser ran before the webhook and kept no raw bytes. Mount the webhook before the parser. ${SEE_LOG}`,
  BODY_TIMEOUT: 'The body took too long to arrive.',
  KEY_LOOKUP_FAILED: `The function in "keys" failed or found no key. ${SEE_LOG}`,
  LEDGER_FAILED: `The ledger of the app failed. ${SEE_LOG}`,
  INBOX_FAILED: `The inbox of the app failed, or receiver.start() was not called. ${SEE_LOG}`,
  HANDLER_FAILED: `A handler threw an error, or the data does not match its schema. ${SEE_LOG}`,
  HANDLER_TIMEOUT: 'The handlers took longer than "handlerTimeoutMs". Make them faster, or use an inbox.',
  PERMANENT_FAILURE: `A handler threw a PermanentError. ${SEE_LOG}`,
  OVERLOADED:
    'The bodies of all deliveries together are larger than "maxBytesInFlight" in the app. Try again later.',
  CLOCK_SUSPECT:
    'The signature is right, but by the endpoint\'s clock the timestamp is off. Compare the clocks of both machines with "date -u".',
  IN_PROGRESS: 'Another delivery of the same event is being handled. Try again later.',
  CLOSED: 'The receiver of the app is closed.',
  EVENT_CONFLICT: 'The same event id arrived before with another body.',
  EVENT_DRIFT: 'The data does not match its schema in the app. The handlers ran all the same.',
};

const NO_APP =
  'A proxy usually answers this if the app does not answer, for example while it starts. The log of the proxy says why.';

/** Advice for endpoints that name no code: another implementation, or something in front of the webhook. */
const ADVICE_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'A body parser or a proxy refused the body before the webhook. Mount the webhook before any body parser.',
  401: 'If the endpoint checks signatures, it uses another key, or a parser changed the body first. Otherwise something in front of it asks for a login.',
  403: 'Something in front of the webhook, such as a login, a firewall or a CSRF check, refuses the request.',
  404: 'Nothing receives deliveries at this path. The path must match exactly, except for a trailing slash.',
  405: 'The endpoint does not accept this method.',
  413: 'Something refuses a body of this size. Mount the webhook before any body parser, and check the limit of the proxy.',
  429: 'Something limits how often requests may come. Let it answer 503, because Showpad probably never retries a 429.',
  502: NO_APP,
  503: NO_APP,
  504: NO_APP,
};

const ADVICE_BY_ERROR: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens at this address. Is the app running, and is the port right?',
  ECONNRESET: 'The connection was closed without an answer. The log of the app may say why.',
  ENOTFOUND: 'This host name does not exist. Check the URL.',
  TIMEOUT: 'The endpoint did not answer in time. Make the handlers faster, or use an inbox.',
};

/** Says what a failed delivery most likely means. Returns undefined if nothing is known about it. */
export function adviceOn(answer: ReceivedAnswer | MissingAnswer): string | undefined {
  const { status } = answer;
  if (status === null) return ADVICE_BY_ERROR[answer.errorCode ?? ''];
  const { outcome, code } = readOutcome(answer);
  if (code !== undefined && Object.hasOwn(ADVICE, code)) return ADVICE[code as ErrorCode];
  if (status >= 300 && status < 400)
    return 'Redirects are not followed. Use the URL that this one redirects to.';
  const advice = outcome === undefined ? ADVICE_BY_STATUS[status] : undefined;
  return advice ?? (status >= 500 ? `The app failed. ${SEE_LOG}` : undefined);
}

/** Headers with which proxies and frameworks name themselves. */
const NAMES = ['server', 'via', 'x-powered-by'];

/**
 * Says that an answer was not made by a receiver of these packages, and what may have made it instead. Returns undefined if a
 * receiver made it.
 *
 * @param isReceiverThere whether another answer from the same URL came from a receiver
 */
export function originOf(answer: ReceivedAnswer, isReceiverThere: boolean): string | undefined {
  if (readOutcome(answer).outcome !== undefined) return undefined;
  const name = NAMES.find((each) => answer.headers[each] !== undefined);
  const named = name ? ` (${name}: ${excerpt(String(answer.headers[name]))})` : '';
  // The app itself, or createNodeHandler, answers 404 if it has no such path.
  if (answer.status === 404) return `No receiver answered${named}.`;
  return isReceiverThere
    ? `This answer did not come from showpad-webhooks, but from something in front of it${named}.`
    : `This answer did not come from showpad-webhooks. If your app uses it, something in front of it answered${named}.`;
}
