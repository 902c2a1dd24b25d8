import type { ShowpadWebhookError } from '../shared/error.ts';
import type { WebhookHeaders } from '../shared/headers.ts';
import type { Keyring, PreparedKey } from '../signature/keys.ts';
import { findKey } from '../signature/signature.ts';
import { readSignedHeaders, type SignedHeaders } from '../signature/signed-headers.ts';
import type { Delivery, ReadDelivery, VerifiedDelivery } from './delivery.ts';
import { checkHead, type RequestLimits } from './request.ts';

export interface VerifierOptions extends RequestLimits {
  readonly toleranceSeconds: number;
  readonly keyring: Keyring;
  /** Makes the error of a signature that none of the keys made. */
  readonly mismatchOf: (delivery: Mismatch) => Promise<ShowpadWebhookError>;
}

export interface Mismatch {
  readonly body: Uint8Array;
  readonly headers: WebhookHeaders;
  readonly keys: readonly PreparedKey[];
  readonly toleranceSeconds: number;
  readonly nowMs: number;
}

/** The two halves of verifying, with the reading of the body between them: what the headers rule out is never read. */
export interface Verifier {
  /** @throws ShowpadWebhookError for a method, headers or a timestamp that cannot be accepted. */
  checkHead(delivery: Delivery): SignedHeaders;
  /** @throws ShowpadWebhookError `SIGNATURE_MISMATCH` or `KEY_LOOKUP_FAILED`. */
  verify(delivery: ReadDelivery, signed: SignedHeaders): Promise<VerifiedDelivery>;
}

export function createVerifier(options: VerifierOptions): Verifier {
  const { toleranceSeconds, keyring, mismatchOf } = options;
  return {
    checkHead({ request, receivedAtMs }) {
      checkHead(request, options);
      return readSignedHeaders(request.headers, toleranceSeconds, receivedAtMs);
    },

    async verify({ request, receivedAtMs, body }, signed) {
      const { headers, url } = request;
      const keys = await keyring.candidates(headers, url);
      const key = findKey(body, signed, keys);
      if (!key) throw await mismatchOf({ body, headers, keys, toleranceSeconds, nowMs: receivedAtMs });
      keyring.promote(key);
      const timestampSeconds = Number(signed.timestamp);
      return { request, receivedAtMs, body, timestampSeconds, keyLabel: key.label };
    },
  };
}
