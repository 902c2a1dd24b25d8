import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isBytes } from '../shared/bytes.ts';
import { checkAboveZero } from '../shared/check.ts';
import { ShowpadWebhookError } from '../shared/error.ts';
import type { WebhookHeaders } from '../shared/headers.ts';
import { nextTurn } from '../shared/promise.ts';
import { type PreparedKey, prepareKey, prepareKeys, type SignatureKey } from './keys.ts';
import {
  ageError,
  DEFAULT_TOLERANCE_SECONDS,
  readSignedHeaders,
  type SignedHeaders,
} from './signed-headers.ts';

/**
 * Signs a body as Showpad does: base64 of the HMAC-SHA256 over the body, a full stop and the timestamp.
 *
 * @param timestampSeconds unix time in whole seconds. Send it in the header `TIMESTAMP_HEADER`.
 * @returns the value of the header `SIGNATURE_HEADER`.
 * @throws TypeError for a blank key, or for a timestamp that is not a positive whole number.
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
  return hmac(prepareKey(key, 'key').bytes, body, `${timestampSeconds}`);
}

export interface VerifyOptions {
  /** The exact bytes that were sent. A body that was parsed and written again cannot be verified. */
  readonly body: Uint8Array;
  readonly headers: WebhookHeaders;
  readonly keys: SignatureKey | readonly SignatureKey[];
  /** How far the timestamp may be off, in both directions. Default 300: Showpad's five minutes. */
  readonly toleranceSeconds?: number;
  /** Unix time in ms. Default: now. */
  readonly nowMs?: number;
}

export interface VerifiedSignature {
  /** The label of the key that matched, if it has one. */
  readonly keyLabel: string | undefined;
  readonly timestampSeconds: number;
}

/**
 * Verifies one delivery and does nothing else. Use it if your code cannot use a receiver.
 *
 * @throws ShowpadWebhookError `SIGNATURE_*` or `TIMESTAMP_*` for a delivery that must not be trusted, and
 * `RAW_BODY_UNAVAILABLE` for a body that is not bytes. TypeError for a bad key or tolerance.
 *
 * @example
 * ```ts
 * import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER, verifySignature } from '@showpad-webhooks/core';
 *
 * const body = Buffer.from('{"type":"shared-space-created","id":"1"}');
 * const timestampSeconds = Math.floor(Date.now() / 1000);
 * const headers = {
 *   [TIMESTAMP_HEADER]: String(timestampSeconds),
 *   [SIGNATURE_HEADER]: sign(body, 'a-signature-key', timestampSeconds),
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
  const signed = readSignedHeaders(headers);
  const stale = ageError(signed, toleranceSeconds, nowMs);
  if (stale) throw stale;
  const key = keys.find((each) => isSignedWith(each, body, signed));
  if (!key) throw mismatch();
  return { keyLabel: key.label, timestampSeconds: Number(signed.timestamp) };
}

/** @throws ShowpadWebhookError `RAW_BODY_UNAVAILABLE` */
export function checkBytes(body: unknown): asserts body is Uint8Array {
  if (isBytes(body)) return;
  throw new ShowpadWebhookError(
    'RAW_BODY_UNAVAILABLE',
    `The body is of type ${typeof body}, and not the bytes that were sent.`,
    { hint: 'Pass the Buffer with the request body as it arrived, before any parser.' },
  );
}

/** How long keys are tried before other work gets a turn, in ms. */
const SLICE_MS = 2;

/** Finds the key that made one of the signatures. Many keys and a large body do not block the event loop. */
export async function findKey(
  body: Uint8Array,
  signed: SignedHeaders,
  keys: readonly PreparedKey[],
): Promise<PreparedKey | undefined> {
  let sliceStartMs = performance.now();
  for (const key of keys) {
    if (isSignedWith(key, body, signed)) return key;
    if (performance.now() - sliceStartMs < SLICE_MS) continue;
    await nextTurn();
    sliceStartMs = performance.now();
  }
  return undefined;
}

/** True if the key made one of the signatures. Every comparison takes constant time. */
function isSignedWith(
  { bytes }: PreparedKey,
  body: Uint8Array,
  { signatures, timestamp }: SignedHeaders,
): boolean {
  const expected = hmac(bytes, body, timestamp);
  return signatures.some((signature) => isSameText(signature, expected));
}

/** The error for a delivery that none of the keys signed. */
export function mismatch(hint: string = MISMATCH_HINT): ShowpadWebhookError {
  return new ShowpadWebhookError('SIGNATURE_MISMATCH', 'None of your keys matches the signature.', { hint });
}

const MISMATCH_HINT =
  'Each Showpad subscription has its own key: check that this is the whole key of the one that sends to this URL. A body ' +
  'that a parser or a proxy changed looks the same.';

function hmac(key: Uint8Array, body: Uint8Array | string, timestamp: string): string {
  return createHmac('sha256', key).update(body).update(`.${timestamp}`).digest('base64');
}

/** Compares the base64 texts, and not the bytes, because several texts stand for the same bytes and only one is right. */
function isSameText(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
