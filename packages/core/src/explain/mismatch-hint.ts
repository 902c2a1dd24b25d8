import type { WebhookHeaders } from '../shared/headers.ts';
import type { PreparedKey } from '../signature/keys.ts';
import { explainMismatch } from './explain-mismatch.ts';

export interface MismatchHintOptions {
  readonly body: Uint8Array;
  readonly headers: WebhookHeaders;
  readonly keys: readonly PreparedKey[];
  readonly toleranceSeconds: number;
  readonly nowMs: number;
}

/** Says in sentences which of the usual mistakes a signature that no key made comes from. */
export function mismatchHint({ keys, ...delivery }: MismatchHintOptions): string {
  const findings = explainMismatch({ ...delivery, keys: keys.map(({ text }) => text) });
  const proven = findings.filter(({ certainty }) => certainty === 'proven');
  if (proven.length > 0) return proven.map(({ detail, fix }) => `${detail} ${fix}`).join(' ');
  return (
    'The usual mistakes were tried, and none of them explains it. So the key belongs to another subscription or is ' +
    'incomplete, the body was changed in an unusual way, or it is a forgery.'
  );
}
