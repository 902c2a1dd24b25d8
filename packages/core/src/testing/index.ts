export { readSamples } from './catalogue-samples.ts';
export type { ConformanceCase } from './conformance-case.ts';
export type { EventJson } from './event-json.ts';
export { inboxConformance } from './inbox-conformance.ts';
export { inboxStoreConformance } from './inbox-store-conformance.ts';
export { ledgerConformance } from './ledger-conformance.ts';
export { createMemoryInbox } from './memory-inbox.ts';
export { sampleContext } from './sample-context.ts';
export {
  type DocumentedType,
  EVENT_TYPES,
  type SampleOptions,
  sampleEvent,
  sampleJson,
} from './samples.ts';
export {
  type BodySource,
  type SignedDelivery,
  type SignedDeliveryOptions,
  signedDelivery,
} from './signed-delivery.ts';
