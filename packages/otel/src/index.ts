export { type ObserveInboxOptions, observeInbox } from './observe-inbox.ts';
export { createTelemetry, type TelemetryOptions } from './telemetry.ts';
