import type { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { FIXES, type MismatchCause, type Variant } from './cause.ts';
import type { ReadSignature } from './read-signatures.ts';
import { signingAttempts } from './signing-attempts.ts';

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

/** A delivery as somebody got it. */
export interface GivenDelivery {
  readonly body: Uint8Array;
  /** The text of the header. */
  readonly timestamp: string;
  readonly signatures: readonly ReadSignature[];
  /** Each key as it may have been used. */
  readonly keys: readonly Variant<Buffer>[];
  readonly toleranceSeconds: number;
  /** Unix time in ms. */
  readonly nowMs: number;
}

/** Says why none of the signatures is right, or which mistakes were tried in vain. */
export function findMistakes(delivery: GivenDelivery): readonly MismatchFinding[] {
  const late = lateness(delivery);
  const { made, tried } = search(delivery);
  if (made) {
    const further = late.filter(({ cause }) => !made.some((each) => each.cause === cause));
    return [...made, ...further.map((each) => ({ ...each, certainty: 'proven' as const }))];
  }
  const ruledOut = [...tried].map((cause) => {
    return finding(cause, 'It was tried, and no signature was made like this.', 'ruled-out');
  });
  return [...late, ...ruledOut];
}

export function finding(
  cause: MismatchCause,
  detail: string,
  certainty: MismatchFinding['certainty'],
): MismatchFinding {
  return { cause, detail, fix: FIXES[cause], certainty };
}

/** Finds the fewest mistakes that make one of the signatures. If there are none, it says what was tried. */
function search({ body, timestamp, signatures, keys }: GivenDelivery): {
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

/** Finds why the delivery would be rejected because of its time, whatever its signature. */
function lateness({ timestamp, nowMs, toleranceSeconds }: GivenDelivery): MismatchFinding[] {
  const seconds = Number(timestamp);
  const nowSeconds = Math.floor(nowMs / 1000);
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
