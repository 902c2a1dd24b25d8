import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { checkAboveZero } from './check.ts';
import { ShowpadWebhookError, type ShowpadWebhookErrorCode } from './error.ts';
import { headerValue, type WebhookHeaders } from './headers.ts';
import { hmac } from './hmac.ts';
import { type PreparedKey, prepareKeys, type SignatureKey } from './keys.ts';

// Names, format and signed bytes: SHOWPAD, "Signature".
export const SIGNATURE_HEADER = 'x-showpad-signature-v1';
export const TIMESTAMP_HEADER = 'x-showpad-signature-timestamp';
export const DEFAULT_TOLERANCE_SECONDS = 300;

const MAX_SIGNATURES = 16;
const SIGNATURE_PATTERN = /^[A-Za-z0-9+/]{43}=$/;
/** HTTP's optional white space: spaces and tabs, not the wider set of `trim`. */
const OUTER_SPACE_PATTERN = /^[ \t]+|[ \t]+$/g;
const TIMESTAMP_PATTERN = /^[1-9][0-9]{0,14}$/;

/** The signature headers of a delivery, well formed and in time; not yet verified. */
export interface SignedHeaders {
  readonly signatures: readonly string[];
  /** The header's own text, since that is what was signed. */
  readonly timestamp: string;
}

/**
 * Signs a body as Showpad does: base64 of HMAC-SHA256 over the body, a full stop and the timestamp.
 *
 * @param timestampSeconds unix time in whole seconds; send it as `x-showpad-signature-timestamp`.
 * @returns the value of `x-showpad-signature-v1`.
 * @throws TypeError for a blank key or a timestamp that is not a positive whole number.
 *
 * @example
 * ```ts
 * import { sign } from '@showpad-webhooks/core';
 *
 * console.log(sign('{ "hello": "world" }', 'test-signature-key', 1669302166));
 * // 8leDTQHwzePUzTvE0DAyuc3bq6UOCt9p/VT6IA0pBFg=
 * ```
 */
export function sign(body: Uint8Array | string, key: string, timestampSeconds: number): string {
  if (!(Number.isSafeInteger(timestampSeconds) && timestampSeconds > 0)) {
    throw new TypeError(`timestampSeconds must be unix time in whole seconds, not ${timestampSeconds}.`);
  }
  const [prepared] = prepareKeys(key) as [PreparedKey];
  return hmac(prepared.text, Buffer.from(body as string), `.${timestampSeconds}`);
}

export interface VerifyOptions {
  /** The exact bytes that were sent. A parsed or re-serialised body can't be verified. */
  readonly body: Uint8Array;
  readonly headers: WebhookHeaders;
  readonly keys: SignatureKey | readonly SignatureKey[];
  /** Both ways. Default 300: Showpad's five minutes. */
  readonly toleranceSeconds?: number;
  /** Unix time in ms. Default: now. */
  readonly nowMs?: number;
}

export interface VerifiedSignature {
  /** Label of the key that matched, where it has one. */
  readonly keyLabel: string | undefined;
  readonly timestampSeconds: number;
}

/**
 * Verifies one delivery and nothing more: for code that can't use a receiver.
 *
 * @throws ShowpadWebhookError `SIGNATURE_*` or `TIMESTAMP_*` for a delivery that must not be trusted,
 * `RAW_BODY_UNAVAILABLE` for a body that is not bytes; TypeError for a bad key or tolerance.
 *
 * @example
 * ```ts
 * import { sign, verifySignature } from '@showpad-webhooks/core';
 *
 * const body = Buffer.from('{"type":"shared-space-created","id":"1"}');
 * const timestampSeconds = Math.floor(Date.now() / 1000);
 * const headers = {
 *   'x-showpad-signature-timestamp': String(timestampSeconds),
 *   'x-showpad-signature-v1': sign(body, 'a-signature-key', timestampSeconds),
 * };
 * const verified = verifySignature({ body, headers, keys: [{ label: 'crm', key: 'a-signature-key' }] });
 * console.log(verified.keyLabel); // crm
 * ```
 */
export function verifySignature(options: VerifyOptions): VerifiedSignature {
  const { body, headers, toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, nowMs = Date.now() } = options;
  checkAboveZero({ toleranceSeconds });
  checkBytes(body);
  const keys = prepareKeys(options.keys);
  const signed = readSignedHeaders(headers, toleranceSeconds, nowMs);
  const { label } = matchKey(body, signed, keys);
  return { keyLabel: label, timestampSeconds: Number(signed.timestamp) };
}

export function checkBytes(body: unknown): asserts body is Uint8Array {
  if (body instanceof Uint8Array) return;
  throw new ShowpadWebhookError(
    'RAW_BODY_UNAVAILABLE',
    `the body is of type ${typeof body}, not the bytes that were sent`,
    'Pass the Buffer from before any parser.',
  );
}

/** Refuses what can be refused by its headers alone, before a body is read. */
export function readSignedHeaders(
  headers: WebhookHeaders,
  toleranceSeconds: number,
  nowMs: number,
): SignedHeaders {
  const signatures = readSignatures(headerValue(headers, SIGNATURE_HEADER));
  const timestamp = headerValue(headers, TIMESTAMP_HEADER);
  if (!timestamp) throw missing('TIMESTAMP_MISSING', TIMESTAMP_HEADER);
  if (!TIMESTAMP_PATTERN.test(timestamp)) {
    throw new ShowpadWebhookError(
      'TIMESTAMP_MALFORMED',
      `${TIMESTAMP_HEADER} is not unix time in whole seconds`,
      'One header of 1 to 15 digits, and nothing else.',
    );
  }
  const ageSeconds = Math.floor(nowMs / 1000) - Number(timestamp);
  if (Math.abs(ageSeconds) > toleranceSeconds) {
    const isOld = ageSeconds > 0;
    throw new ShowpadWebhookError(
      isOld ? 'TIMESTAMP_TOO_OLD' : 'TIMESTAMP_IN_FUTURE',
      `the delivery was signed ${isOld ? `${ageSeconds} s ago` : `${-ageSeconds} s in the future`}`,
      `At most ${toleranceSeconds} s are tolerated. ${
        isOld ? 'A replayed capture' : 'Milliseconds instead of seconds'
      }, or this machine's clock runs ${isOld ? 'fast' : 'slow'}: see "date -u".`,
    );
  }
  return { signatures, timestamp };
}

function readSignatures(header: string | undefined): readonly string[] {
  if (!header) throw missing('SIGNATURE_MISSING', SIGNATURE_HEADER);
  if (SIGNATURE_PATTERN.test(header)) return [header];
  const parts = header.split(',', MAX_SIGNATURES + 1);
  // Showpad may send several, and one that matches is enough: what has another form is passed over.
  const trimmed = parts.map((part) => part.replace(OUTER_SPACE_PATTERN, ''));
  const signatures = trimmed.filter((part) => SIGNATURE_PATTERN.test(part));
  if (parts.length > MAX_SIGNATURES || signatures.length === 0) {
    throw new ShowpadWebhookError(
      'SIGNATURE_MALFORMED',
      `${SIGNATURE_HEADER} holds no list of 1 to ${MAX_SIGNATURES} signatures`,
      'Each is 44 characters of standard base64.',
    );
  }
  return signatures;
}

function missing(code: ShowpadWebhookErrorCode, header: string): ShowpadWebhookError {
  return new ShowpadWebhookError(
    code,
    `the header ${header} is missing or empty`,
    'Not of Showpad, or a proxy drops "x-" headers.',
  );
}

// For the two texts that are compared, of 44 characters each: nothing is waited for in between.
const givenText = /* @__PURE__ */ Buffer.alloc(44);
const expectedText = /* @__PURE__ */ Buffer.alloc(44);

/** The key that signed the body: each key against each signature, in constant time per comparison. */
export function matchKey(body: Uint8Array, signed: SignedHeaders, keys: readonly PreparedKey[]): PreparedKey {
  for (const key of keys) {
    // The text is compared, not the bytes it decodes to: several texts decode alike, and only one is canonical.
    expectedText.write(hmac(key.text, body, `.${signed.timestamp}`), 'latin1');
    for (const signature of signed.signatures) {
      givenText.write(signature, 'latin1');
      if (timingSafeEqual(givenText, expectedText)) return key;
    }
  }
  throw new ShowpadWebhookError(
    'SIGNATURE_MISMATCH',
    'no configured key made any of the signatures',
    "Another subscription's key (each has its own), part of a key, a body changed by a parser or proxy, or a forgery.",
  );
}
