import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { checkAboveZero } from '../check.ts';
import type { SignatureKey } from '../keys.ts';
import { DEFAULT_TOLERANCE_SECONDS } from '../signature.ts';
import { MENDS, type MismatchCause, type Variant } from './cause.ts';
import { keyVariants } from './key-variants.ts';
import { type ReadSignature, readSignatures } from './read-signatures.ts';
import { signingAttempts } from './signing-attempts.ts';

export interface MismatchInput {
  /** The bytes at hand, which may not be those that were signed. */
  readonly body: Uint8Array;
  /** Text of `x-showpad-signature-timestamp`. */
  readonly timestamp: string | undefined;
  /** Text of `x-showpad-signature-v1`. */
  readonly signature: string | undefined;
  /** What the endpoint verifies with. Unlike elsewhere, white space around a key is no error but a finding. */
  readonly keys: SignatureKey | readonly SignatureKey[];
  /** Keys of other subscriptions, to see whether one of them signed. */
  readonly otherKeys?: readonly SignatureKey[];
  /** Unix time in seconds. Default: now. */
  readonly nowSeconds?: number;
  /** Default 300. */
  readonly toleranceSeconds?: number;
}

/** One thing that is wrong, or was looked for and is not. */
export interface MismatchFinding {
  readonly cause: MismatchCause;
  /** A sentence for a developer. Never holds a key, a signature or a payload. */
  readonly detail: string;
  readonly mend: string;
  /**
   * `proven`: a recomputed signature, or a header that is not there, shows it. `unproven`: it would be refused for
   * this, and no signature shows that the delivery is authentic. `ruled-out`: recomputed, and it is not this.
   */
  readonly certainty: 'proven' | 'unproven' | 'ruled-out';
}

/**
 * Says why a delivery's signature does not hold, by recomputing it as the usual mistakes would have made it: one
 * mistake, or two at once. For tools; a receiver needs none of it.
 *
 * @returns what is wrong. Empty: nothing, the delivery is authentic and in time. Only `ruled-out`: none of the usual
 * mistakes, so a key that is not here, another body, or a forgery.
 * @throws TypeError for a key that is not text or is empty, or a tolerance that is not above 0.
 *
 * @example
 * ```ts
 * import { sign } from '@showpad-webhooks/core';
 * import { explainMismatch } from '@showpad-webhooks/core/explain';
 *
 * const [finding] = explainMismatch({
 *   body: Buffer.from('{"hello":"world"}'),
 *   timestamp: '1669302166',
 *   signature: sign('{"hello":"world"}\n', 'a-signature-key', 1669302166),
 *   keys: 'a-signature-key',
 *   nowSeconds: 1669302170,
 * });
 * console.log(finding?.cause, finding?.certainty); // body-end proven
 * ```
 */
export function explainMismatch(input: MismatchInput): readonly MismatchFinding[] {
  const { body, timestamp, signature, nowSeconds = Math.floor(Date.now() / 1000) } = input;
  const { toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, otherKeys = [] } = input;
  checkAboveZero({ toleranceSeconds });
  const keys = candidateKeys([input.keys].flat(), otherKeys);
  if (!signature) return [finding('signature-missing', 'There is no signature.', 'proven')];
  if (!timestamp) return [finding('timestamp-missing', 'There is no timestamp.', 'proven')];
  const signatures = readSignatures(signature);
  if (signatures.length === 0) {
    const detail =
      'No signature is 32 bytes, neither in base64 nor in hex: it is cut off, or something else.';
    return [finding('signature-form', detail, 'proven')];
  }
  const late = lateness(timestamp.trim(), nowSeconds, toleranceSeconds);
  const { made, tried } = search({ body, timestamp, signatures, keys });
  if (made) {
    const further = late.filter(({ cause }) => !made.some((each) => each.cause === cause));
    return [...made, ...further.map((each) => ({ ...each, certainty: 'proven' as const }))];
  }
  const ruledOut = [...tried].map((cause) => {
    return finding(cause, 'Recomputed, and no signature is made so.', 'ruled-out');
  });
  return [...late, ...ruledOut];
}

function finding(
  cause: MismatchCause,
  detail: string,
  certainty: MismatchFinding['certainty'],
): MismatchFinding {
  return { cause, detail, mend: MENDS[cause], certainty };
}

/** Each key as it may have been used; those given without a mistake come first. */
function candidateKeys(
  keys: readonly SignatureKey[],
  otherKeys: readonly SignatureKey[],
): readonly Variant<Buffer>[] {
  const own = keys.map((key, index) => keyVariants(readKey(key, `keys[${index}]`).text));
  const others = otherKeys.map((key, index) => {
    const { text, name } = readKey(key, `otherKeys[${index}]`);
    return { cause: 'other-key', detail: `the key ${name}`, value: Buffer.from(text) } as const;
  });
  if (own.length === 0) throw new TypeError('keys is an empty list: pass a signature key.');
  return [...own.flat(), ...others];
}

function readKey(key: SignatureKey, where: string): { readonly text: string; readonly name: string } {
  const { key: text, label: name } = Object(typeof key === 'string' ? { key, label: where } : key);
  if (typeof text === 'string' && text.trim() !== '') return { text, name };
  throw new TypeError(`${where} is no text or blank: is the environment variable set?`);
}

interface Search {
  readonly body: Uint8Array;
  readonly timestamp: string;
  readonly signatures: readonly ReadSignature[];
  readonly keys: readonly Variant<Buffer>[];
}

/** The fewest mistakes that make one of the signatures; where there are none such, what was tried. */
function search({ body, timestamp, signatures, keys }: Search): {
  readonly made: readonly MismatchFinding[] | undefined;
  readonly tried: ReadonlySet<MismatchCause>;
} {
  const tried = new Set<MismatchCause>();
  for (const { key, signed, layout, time, mistakes } of signingAttempts(keys, body, timestamp)) {
    const hmac = createHmac('sha256', key);
    for (const part of layout(signed, time)) hmac.update(part);
    const digest = hmac.digest();
    // Whoever asks has the key, so there is nothing to learn from how long this takes.
    const match = signatures.find((each) => each.digest.equals(digest));
    if (match) {
      const made = mistakes.map(({ cause, detail }) => finding(cause, sentenceOf(cause, detail), 'proven'));
      const form = match.form && `The right signature is written ${match.form}.`;
      return { made: form ? [...made, finding('signature-form', form, 'proven')] : made, tried };
    }
    for (const { cause } of mistakes) tried.add(cause);
  }
  return { made: undefined, tried };
}

function sentenceOf(cause: MismatchCause, detail: string): string {
  if (cause.startsWith('key-')) return `The signature is right for the given key ${detail}.`;
  if (cause.startsWith('body-')) return `The signature is right for the given body ${detail}.`;
  if (cause === 'other-key') return `The signature is made with ${detail}.`;
  return `The signature is over ${detail}.`;
}

/** What would be refused for its time, whatever its signature. */
function lateness(timestamp: string, nowSeconds: number, toleranceSeconds: number): MismatchFinding[] {
  const seconds = Number(timestamp);
  if (!/^[1-9]\d{0,14}$/.test(timestamp)) {
    return [finding('timestamp-form', 'The timestamp is not unix time in whole seconds.', 'unproven')];
  }
  if (Math.abs(nowSeconds - seconds) <= toleranceSeconds) return [];
  // Milliseconds of any year from 2001 to 2286; as seconds they would be 30,000 years away.
  if (/^\d{13}$/.test(timestamp)) {
    return [finding('timestamp-milliseconds', 'The timestamp is in milliseconds.', 'unproven')];
  }
  const where = seconds < nowSeconds ? 'ago' : 'ahead';
  const detail = `The timestamp is ${Math.abs(nowSeconds - seconds)} s ${where}; ${toleranceSeconds} s are tolerated.`;
  return [finding('clock-skew', detail, 'unproven')];
}
