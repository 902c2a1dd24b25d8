import { Buffer } from 'node:buffer';
import { checkAboveZero } from '../shared/check.ts';
import { headerValue, type WebhookHeaders } from '../shared/headers.ts';
import type { SignatureKey } from '../signature/keys.ts';
import {
  DEFAULT_TOLERANCE_SECONDS,
  SIGNATURE_HEADER,
  TIMESTAMP_HEADER,
} from '../signature/signed-headers.ts';
import type { Variant } from './cause.ts';
import { finding, findMistakes, type MismatchFinding } from './find-mistakes.ts';
import { keyVariants } from './key-variants.ts';
import { readSignatures } from './read-signatures.ts';

export interface MismatchInput {
  /** The bytes that you have, which may not be those that were signed. */
  readonly body: Uint8Array;
  readonly headers: WebhookHeaders;
  /** What the endpoint verifies with. Here, white space around a key is not an error but a finding. */
  readonly keys: SignatureKey | readonly SignatureKey[];
  /** Keys of other subscriptions, to see whether one of them signed. */
  readonly otherKeys?: readonly SignatureKey[];
  /** Default 300. */
  readonly toleranceSeconds?: number;
  /** Unix time in ms. Default: now. */
  readonly nowMs?: number;
}

/**
 * Says why the signature of a delivery is wrong. It signs the delivery again as each of the usual mistakes would have, one
 * mistake or two at once. It is for tools and for development, and its work is bounded.
 *
 * @returns what is wrong. Empty: nothing is wrong, the delivery is authentic and in time. Only `ruled-out`: it is none of the
 * usual mistakes, so the key is another one, the body is another one, or it is a forgery.
 * @throws TypeError for a key that is not text or is blank, or a tolerance that is not above 0.
 *
 * @example
 * ```ts
 * import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
 * import { explainMismatch } from '@showpad-webhooks/core/explain';
 *
 * const [finding] = explainMismatch({
 *   body: Buffer.from('{"hello":"world"}'),
 *   headers: {
 *     [TIMESTAMP_HEADER]: '1669302166',
 *     [SIGNATURE_HEADER]: sign('{"hello":"world"}\n', 'a-signature-key', 1669302166),
 *   },
 *   keys: 'a-signature-key',
 *   nowMs: 1669302170_000,
 * });
 * console.log(finding?.cause, finding?.certainty); // body-end proven
 * ```
 */
export function explainMismatch(input: MismatchInput): readonly MismatchFinding[] {
  const { body, headers, otherKeys = [], nowMs = Date.now() } = input;
  const { toleranceSeconds = DEFAULT_TOLERANCE_SECONDS } = input;
  checkAboveZero({ toleranceSeconds });
  const keys = candidateKeys([input.keys].flat(), otherKeys);
  const signature = headerValue(headers, SIGNATURE_HEADER);
  const timestamp = headerValue(headers, TIMESTAMP_HEADER);
  if (!signature) return [finding('signature-missing', 'There is no signature.', 'proven')];
  if (!timestamp) return [finding('timestamp-missing', 'There is no timestamp.', 'proven')];
  const signatures = readSignatures(signature);
  if (signatures.length === 0) {
    const detail =
      'No signature stands for 32 bytes, in base64 or in hex. It is cut off, or it is something else.';
    return [finding('signature-form', detail, 'proven')];
  }
  return findMistakes({ body, timestamp, signatures, keys, toleranceSeconds, nowMs });
}

/** Each key as it may have been used. The keys as they were given come first. */
function candidateKeys(
  keys: readonly SignatureKey[],
  otherKeys: readonly SignatureKey[],
): readonly Variant<Buffer>[] {
  const own = keys.map((key, index) => keyVariants(readKey(key, `keys[${index}]`).text));
  const others = otherKeys.map((key, index) => {
    const { text, name } = readKey(key, `otherKeys[${index}]`);
    return { cause: 'other-key', detail: `the key ${name}`, value: Buffer.from(text) } as const;
  });
  if (own.length === 0) throw new TypeError('keys is an empty list. Pass at least one signature key.');
  return [...own.flat(), ...others];
}

function readKey(key: SignatureKey, place: string): { readonly text: string; readonly name: string } {
  const { key: text, label: name } = Object(typeof key === 'string' ? { key, label: place } : key);
  if (typeof text === 'string' && text.trim() !== '') return { text, name };
  throw new TypeError(`${place} is blank, or not text. Is the environment variable set?`);
}
