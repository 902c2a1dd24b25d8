import { createHmac } from 'node:crypto';
import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import { explainMismatch, type MismatchFinding, type MismatchInput } from '@showpad-webhooks/core/explain';

export const KEY = 'a-signature-key';
export const SECONDS = 1_700_000_000;
export const TIMESTAMP: string = String(SECONDS);

interface Mistaken extends Partial<Omit<MismatchInput, 'headers'>> {
  readonly signature: string | undefined;
  readonly timestamp?: string | undefined;
}

/** Explains a delivery of `{}` that was signed for `TIMESTAMP` and arrives in the same second. */
export function explain({ signature, ...changes }: Mistaken): readonly MismatchFinding[] {
  const { timestamp, ...input } = { timestamp: TIMESTAMP, ...changes };
  return explainMismatch({
    body: Buffer.from('{}'),
    headers: { [TIMESTAMP_HEADER]: timestamp, [SIGNATURE_HEADER]: signature },
    keys: KEY,
    nowMs: SECONDS * 1_000,
    ...input,
  });
}

/** The 32 bytes of a signature over any parts. */
export function hmac(key: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const digest = createHmac('sha256', key);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

/** What is proven, with the sentences that say it. */
export function proven(findings: readonly MismatchFinding[]): readonly (readonly [string, string])[] {
  return findings.map(({ cause, certainty, detail }) => [`${certainty} ${cause}`, detail]);
}
