import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { checkAboveZero } from '../shared/check.ts';
import { headerValue, type WebhookHeaders } from '../shared/headers.ts';
import type { SignatureKey } from '../signature/keys.ts';
import {
  DEFAULT_TOLERANCE_SECONDS,
  SIGNATURE_HEADER,
  TIMESTAMP_HEADER,
} from '../signature/signed-headers.ts';
import { FIXES, type MismatchCause, type Variant } from './cause.ts';
import { keyVariants } from './key-variants.ts';
import { type ReadSignature, readSignatures } from './read-signatures.ts';
import { signingAttempts } from './signing-attempts.ts';

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

/** After so many bytes no more mistakes are tried. Hashing them takes a fraction of a second. */
const MAX_HASHED_BYTES = 2 ** 27;
/** What an attempt costs in addition to hashing the body: about as much time as hashing so many bytes. */
const ATTEMPT_COST_BYTES = 8_192;

/** One thing that is wrong, or that was looked for and is not wrong. */
export interface MismatchFinding {
  readonly cause: MismatchCause;
  /** A sentence for a developer. It never contains a key, a signature or a payload. */
  readonly detail: string;
  /** A sentence that says how to fix it. */
  readonly fix: string;
  /**
   * `proven`: a signature that was computed again, or a missing header, shows it. `unproven`: the delivery would be rejected for
   * this, but no signature shows that it is authentic. `ruled-out`: it was computed again, and it is not this.
   */
  readonly certainty: 'proven' | 'unproven' | 'ruled-out';
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
  const late = lateness(timestamp.trim(), Math.floor(nowMs / 1000), toleranceSeconds);
  const { made, tried } = search({ body, timestamp, signatures, keys });
  if (made) {
    const further = late.filter(({ cause }) => !made.some((each) => each.cause === cause));
    return [...made, ...further.map((each) => ({ ...each, certainty: 'proven' as const }))];
  }
  const ruledOut = [...tried].map((cause) => {
    return finding(cause, 'It was tried, and no signature was made like this.', 'ruled-out');
  });
  return [...late, ...ruledOut];
}

function finding(
  cause: MismatchCause,
  detail: string,
  certainty: MismatchFinding['certainty'],
): MismatchFinding {
  return { cause, detail, fix: FIXES[cause], certainty };
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

interface Search {
  readonly body: Uint8Array;
  readonly timestamp: string;
  readonly signatures: readonly ReadSignature[];
  readonly keys: readonly Variant<Buffer>[];
}

/** Finds the fewest mistakes that make one of the signatures. If there are none, it says what was tried. */
function search({ body, timestamp, signatures, keys }: Search): {
  readonly made: readonly MismatchFinding[] | undefined;
  readonly tried: ReadonlySet<MismatchCause>;
} {
  const tried = new Set<MismatchCause>();
  let leftBytes = MAX_HASHED_BYTES;
  for (const { key, parts, mistakes } of signingAttempts(keys, body, timestamp)) {
    const hmac = createHmac('sha256', key);
    for (const part of parts) hmac.update(part);
    const digest = hmac.digest();
    // Whoever calls this has the key, so the time of the comparison reveals nothing.
    const match = signatures.find((each) => each.digest.equals(digest));
    if (match) {
      const made = mistakes.map(({ cause, detail }) => finding(cause, sentenceOf(cause, detail), 'proven'));
      const form = match.form && `The signature is right, but it is written ${match.form}.`;
      return { made: form ? [...made, finding('signature-form', form, 'proven')] : made, tried };
    }
    for (const { cause } of mistakes) tried.add(cause);
    leftBytes -= body.byteLength + ATTEMPT_COST_BYTES;
    // Every key is tried without a mistake, however large the body is. Otherwise a forgery could pass for authentic.
    if (leftBytes < 0 && tried.size > 0) break;
  }
  return { made: undefined, tried };
}

function sentenceOf(cause: MismatchCause, detail: string): string {
  if (cause.startsWith('key-')) return `The signature is right for the given key ${detail}.`;
  if (cause.startsWith('body-')) return `The signature is right for the given body ${detail}.`;
  if (cause === 'other-key') return `The signature is made with ${detail}.`;
  return `The signature is over ${detail}.`;
}

/** What the delivery would be rejected for because of its time, whatever its signature. */
function lateness(timestamp: string, nowSeconds: number, toleranceSeconds: number): MismatchFinding[] {
  const seconds = Number(timestamp);
  if (!/^[1-9]\d{0,14}$/.test(timestamp)) {
    return [finding('timestamp-form', 'The timestamp is not unix time in whole seconds.', 'unproven')];
  }
  if (Math.abs(nowSeconds - seconds) <= toleranceSeconds) return [];
  // These are milliseconds of a year from 2001 to 2286. As seconds they would be 30,000 years away.
  if (/^\d{13}$/.test(timestamp)) {
    return [finding('timestamp-milliseconds', 'The timestamp is in milliseconds.', 'unproven')];
  }
  const direction = seconds < nowSeconds ? 'in the past' : 'in the future';
  const detail = `The timestamp is ${Math.abs(nowSeconds - seconds)} s ${direction}, and at most ${toleranceSeconds} s are accepted.`;
  return [finding('clock-skew', detail, 'unproven')];
}
