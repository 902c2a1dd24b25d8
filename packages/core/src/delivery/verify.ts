import { ShowpadWebhookError } from '../shared/error.ts';
import type { Keyring, PreparedKey } from '../signature/keys.ts';
import { findKey, mismatch } from '../signature/signature.ts';
import { ageError, readSignedHeaders, type SignedHeaders } from '../signature/signed-headers.ts';
import { ClockWatch } from './clock-watch.ts';
import type { Delivery, ReadDelivery, VerifiedDelivery } from './delivery.ts';
import { checkHead, type RequestLimits } from './request.ts';

export interface VerifierOptions extends RequestLimits {
  readonly toleranceSeconds: number;
  readonly keyring: Keyring;
  /** Unix time in ms. */
  readonly clock: () => number;
  /** A clock in ms that does not step. */
  readonly now: () => number;
  /** Resolves to a hint about a signature that none of the keys made, or to undefined for the general one. */
  readonly explain: (delivery: Mismatch) => Promise<string | undefined>;
}

/** A delivery that none of the keys signed. */
export interface Mismatch {
  readonly body: Uint8Array;
  readonly signed: SignedHeaders;
  readonly keys: readonly PreparedKey[];
  readonly toleranceSeconds: number;
  readonly nowMs: number;
}

/** A delivery whose headers are acceptable, so that its body may be read. */
interface CheckedHead {
  readonly signed: SignedHeaders;
  /** Set if the age of the delivery is wrong, but the fault may be that of our own clock. */
  readonly doubt: ShowpadWebhookError | undefined;
  /** By how much our clock was ahead at that moment. Undefined: the age was judged by another clock. */
  readonly offsetMs: number | undefined;
}

/** Verifies in two steps, and the body is read between them. If the headers rule a delivery out, its body is never read. */
export interface Verifier {
  /** @throws ShowpadWebhookError for a method, headers or a timestamp that cannot be accepted. */
  checkHead(delivery: Delivery): CheckedHead;
  /** @throws ShowpadWebhookError `SIGNATURE_MISMATCH`, `KEY_LOOKUP_FAILED` or `CLOCK_SUSPECT`. */
  verify(delivery: ReadDelivery, head: CheckedHead): Promise<VerifiedDelivery>;
}

export function createVerifier(options: VerifierOptions): Verifier {
  const { toleranceSeconds, keyring, explain } = options;
  // A clock of the caller's is the only clock, so there is nothing to compare it with.
  const watch =
    options.clock === options.now ? undefined : new ClockWatch(options.clock, options.now, toleranceSeconds);
  return {
    checkHead({ request, receivedAtMs }) {
      checkHead(request, options);
      const signed = readSignedHeaders(request.headers);
      const stale = ageError(signed, toleranceSeconds, receivedAtMs);
      const offsetMs = request.receivedAtMs === undefined ? watch?.offsetAt(receivedAtMs) : undefined;
      // Nobody can record a signature that is yet to be made. So if one from the future is right, a clock on our side is wrong.
      const isDoubtful =
        stale?.code === 'TIMESTAMP_IN_FUTURE' || (offsetMs !== undefined && watch?.isSuspect(offsetMs));
      if (stale && !isDoubtful) throw stale;
      return { signed, doubt: stale, offsetMs };
    },

    async verify({ request, receivedAtMs, body }, { signed, doubt, offsetMs }) {
      const keys = await keyring.candidates(request.headers, request.url);
      const key = await findKey(body, signed, keys);
      if (!key) {
        const given = { body, signed, keys, toleranceSeconds, nowMs: receivedAtMs };
        throw doubt ?? mismatch(await explain(given));
      }
      keyring.promote(key);
      if (doubt) throw clockSuspect(doubt);
      if (offsetMs !== undefined) watch?.confirm(offsetMs);
      const timestampSeconds = Number(signed.timestamp);
      return { request, receivedAtMs, body, timestampSeconds, keyLabel: key.label };
    },
  };
}

function clockSuspect({ message }: ShowpadWebhookError): ShowpadWebhookError {
  return new ShowpadWebhookError('CLOCK_SUSPECT', `${message} But its signature is right.`, {
    hint: 'So the clock of this machine is probably wrong: compare it with "date -u". Showpad will retry.',
  });
}
