import { plainHeaders, type WebhookHeaders } from './headers.ts';
import { inTime } from './in-time.ts';
import { type KeyResolver, type PreparedKey, prepareKeys, type SignatureKey } from './keys.ts';
import { isPromise, type MaybePromise } from './promise.ts';

/** A forger chooses what is looked up, and pays for none of the HMACs. */
const MAX_RESOLVED_KEYS = 20;

/** @throws ShowpadWebhookError `KEY_LOOKUP_FAILED` */
export function resolveKeys(
  resolver: KeyResolver,
  headers: WebhookHeaders,
  url: string | undefined,
): MaybePromise<readonly PreparedKey[]> {
  const check = (found: SignatureKey | readonly SignatureKey[]) => prepareKeys(found, MAX_RESOLVED_KEYS);
  const lookUp = () => {
    const found = resolver({ headers: plainHeaders(headers), url });
    return isPromise(found) ? found.then(check) : check(found);
  };
  return inTime(lookUp, () => ['KEY_LOOKUP_FAILED', 'the key resolver gave no usable key']);
}
