import type { ShowpadWebhookError } from '../shared/error.ts';
import type { WebhookHeaders } from '../shared/headers.ts';
import type { Keyring, PreparedKey } from '../signature/keys.ts';
import { findKey } from '../signature/signature.ts';
import { readSignedHeaders } from '../signature/signed-headers.ts';
import type { Delivery, VerifiedDelivery } from './delivery.ts';
import { checkHead, type RequestLimits, readBytes } from './request.ts';

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

export type Verify = (delivery: Delivery) => Promise<VerifiedDelivery>;

/** Makes the function that verifies a delivery. Cheap refusals come first: the body is read only if the headers are acceptable. */
export function createVerifier(options: VerifierOptions): Verify {
  const { maxBodyBytes, toleranceSeconds, keyring, mismatchOf } = options;
  return async ({ request, receivedAtMs }) => {
    const { headers, url } = request;
    checkHead(request, options);
    const signed = readSignedHeaders(headers, toleranceSeconds, receivedAtMs);
    const body = await readBytes(request, maxBodyBytes);
    const keys = await keyring.candidates(headers, url);
    const key = findKey(body, signed, keys);
    if (!key) throw await mismatchOf({ body, headers, keys, toleranceSeconds, nowMs: receivedAtMs });
    keyring.promote(key);
    const timestampSeconds = Number(signed.timestamp);
    return { request, receivedAtMs, body, timestampSeconds, keyLabel: key.label };
  };
}
