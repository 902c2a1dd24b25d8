import type { Delivery } from '../delivery.ts';
import { ShowpadWebhookError } from '../error.ts';
import { headerValue } from '../headers.ts';
import type { Settings } from '../options.ts';
import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../signature.ts';

/** An error as it is; of a signature that no key made, with a hint that says which of the usual mistakes it is. */
export async function explainError(
  error: ShowpadWebhookError,
  delivery: Delivery,
  { toleranceSeconds }: Settings,
): Promise<ShowpadWebhookError> {
  if (error.code !== 'SIGNATURE_MISMATCH') return error;
  // Loaded by those alone who want it: what is beside it is loaded with every logger.
  const { explainMismatch } = await import('../explain/explain-mismatch.ts');
  const { request, receivedAtMs, body, keys } = delivery as Required<Delivery>;
  const findings = explainMismatch({
    body,
    timestamp: headerValue(request.headers, TIMESTAMP_HEADER),
    signature: headerValue(request.headers, SIGNATURE_HEADER),
    keys: keys.map(({ text }) => text),
    nowSeconds: Math.floor(receivedAtMs / 1000),
    toleranceSeconds,
  });
  const proven = findings.filter(({ certainty }) => certainty === 'proven');
  const hint =
    proven.length > 0
      ? proven.map(({ detail, mend }) => `${detail} ${mend}`).join(' ')
      : `It is none of the usual mistakes. ${error.hint}`;
  return new ShowpadWebhookError(error.code, error.message, hint);
}
