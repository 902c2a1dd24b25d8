export { type ConformanceCase, ledgerConformance } from './ledger-conformance.ts';
export { type EventJson, sampleEvent } from './samples.ts';
export { type SignedDelivery, type SignedDeliveryOptions, signedDelivery } from './signed-delivery.ts';
