import { type SignedDelivery, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';

export const KEY = 'soak-key';
export const PATH = '/webhooks/showpad';
export const TYPE = 'shared-space-user-added';

const SAMPLE = sampleEvent(TYPE);

/** The same id and size give the same event. It is signed again each time, as Showpad does it. */
export function deliveryOf(id: string, extraBytes = 0, key: string = KEY): SignedDelivery {
  const data = { ...SAMPLE.data, padding: 'x'.repeat(extraBytes) };
  return signedDelivery({ ...SAMPLE, id, data }, { key });
}
