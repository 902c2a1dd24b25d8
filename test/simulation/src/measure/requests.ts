import { signedDelivery } from '@showpad-webhooks/core/testing';
import { eventBody } from '../../../bench/src/bodies.ts';
import { toWire } from '../../../bench/src/http/load.ts';

export const KEY = 'a-measured-key';
export { PATH } from '../../../bench/src/http/load.ts';
export const TYPE = 'shared-space-user-added';

/** The bytes of requests, each with a new event. */
export function requests(count: number, bodyBytes: number): Buffer[] {
  return Array.from({ length: count }, () => {
    const { headers, body } = signedDelivery({ body: eventBody(bodyBytes) }, { key: KEY });
    return toWire(headers, body);
  });
}
