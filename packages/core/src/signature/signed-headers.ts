import { type ErrorCode, ShowpadWebhookError } from '../shared/error.ts';
import { headerValue, type WebhookHeaders } from '../shared/headers.ts';

// Header names and formats are documented by Showpad: docs/showpad.md, "Signature".
/** The header that carries the signatures of a delivery. */
export const SIGNATURE_HEADER = 'x-showpad-signature-v1';
/** The header that carries the unix time, in seconds, at which a delivery was signed. */
export const TIMESTAMP_HEADER = 'x-showpad-signature-timestamp';
export const DEFAULT_TOLERANCE_SECONDS = 300;

const MAX_SIGNATURES = 16;
/** Sixteen signatures of 44 characters, with room for the commas and spaces between them. */
const MAX_SIGNATURE_HEADER_LENGTH = 1_024;
const SIGNATURE_PATTERN = /^[A-Za-z0-9+/]{43}=$/;
const TIMESTAMP_PATTERN = /^[1-9][0-9]{0,14}$/;

/** The signature headers of a delivery. They are well formed, but not verified yet. */
export interface SignedHeaders {
  readonly signatures: readonly string[];
  /** The text of the header, because exactly this text was signed. */
  readonly timestamp: string;
}

/** @throws ShowpadWebhookError `SIGNATURE_*` or `TIMESTAMP_*` if a header is missing or malformed. */
export function readSignedHeaders(headers: WebhookHeaders): SignedHeaders {
  const signatures = readSignatures(headerValue(headers, SIGNATURE_HEADER));
  const timestamp = headerValue(headers, TIMESTAMP_HEADER);
  if (!timestamp) throw missing('TIMESTAMP_MISSING', TIMESTAMP_HEADER);
  if (!TIMESTAMP_PATTERN.test(timestamp)) {
    throw new ShowpadWebhookError(
      'TIMESTAMP_MALFORMED',
      `The header ${TIMESTAMP_HEADER} is not unix time in whole seconds.`,
      { hint: 'Showpad sends one header of 1 to 15 digits, and nothing else.' },
    );
  }
  return { signatures, timestamp };
}

/** The error of a delivery that was signed too long ago, or in the future. Undefined if its age is within the tolerance. */
export function ageError(
  { timestamp }: SignedHeaders,
  toleranceSeconds: number,
  nowMs: number,
): ShowpadWebhookError | undefined {
  const ageSeconds = Math.floor(nowMs / 1000) - Number(timestamp);
  if (ageSeconds > toleranceSeconds) {
    return new ShowpadWebhookError(
      'TIMESTAMP_TOO_OLD',
      `The delivery was signed ${ageSeconds} s ago, and at most ${toleranceSeconds} s are accepted.`,
      {
        hint: 'An old delivery was sent again, or the clock of this machine is fast: compare it with "date -u".',
      },
    );
  }
  if (ageSeconds < -toleranceSeconds) {
    return new ShowpadWebhookError(
      'TIMESTAMP_IN_FUTURE',
      `The delivery was signed ${-ageSeconds} s in the future, and at most ${toleranceSeconds} s are accepted.`,
      {
        hint: 'The sender wrote milliseconds instead of seconds, or the clock of this machine is slow: compare it with "date -u".',
      },
    );
  }
  return undefined;
}

function readSignatures(header: string | undefined): readonly string[] {
  if (!header) throw missing('SIGNATURE_MISSING', SIGNATURE_HEADER);
  if (SIGNATURE_PATTERN.test(header)) return [header];
  const parts = header.length > MAX_SIGNATURE_HEADER_LENGTH ? [] : header.split(',');
  // Showpad may send several signatures, and one that matches is enough. So a part of another form is skipped.
  const signatures = parts.map(trimSpaces).filter((part) => SIGNATURE_PATTERN.test(part));
  if (parts.length > MAX_SIGNATURES || signatures.length === 0) {
    throw new ShowpadWebhookError(
      'SIGNATURE_MALFORMED',
      `The header ${SIGNATURE_HEADER} is not a list of 1 to ${MAX_SIGNATURES} signatures.`,
      { hint: 'Each signature is 44 characters of standard base64, and commas separate them.' },
    );
  }
  return signatures;
}

/** Trims spaces and tabs, the optional white space of HTTP; `trim()` would take more. A regular expression could be slow. */
function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (isSpace(text[start])) start++;
  while (end > start && isSpace(text[end - 1])) end--;
  return text.slice(start, end);
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

function missing(code: ErrorCode, header: string): ShowpadWebhookError {
  return new ShowpadWebhookError(code, `The header ${header} is missing or empty.`, {
    hint: 'The request is not from Showpad, or a proxy removes headers that begin with "x-".',
  });
}
