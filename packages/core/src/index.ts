export { createReceiver } from './create-receiver.ts';
export type { Receipt } from './delivery/receipt.ts';
export type { BodyReader, WebhookRequest } from './delivery/request.ts';
export {
  type FailureOutcome,
  OUTCOME_HEADER,
  type Outcome,
  type SuccessOutcome,
  type WebhookResponse,
} from './delivery/response.ts';
export {
  type EventEnvelope,
  type EventMap,
  type EventOf,
  parseEvent,
  type ShowpadEvent,
  type UnknownEvent,
  type UnknownEventType,
} from './events/event.ts';
export type {
  CourseCompletedData,
  SharedSpace,
  SharedSpaceCreatedData,
  SharedSpaceUserAddedData,
  ShowpadEventMap,
  ShowpadEventOverrides,
  ShowpadUser,
} from './events/event-map.ts';
export type { EventSchemas, SchemasOf, StandardSchemaV1, WithSchemas } from './events/schema.ts';
export type { HandlerContext } from './handlers/context.ts';
export type { Handler, HandlerOptions } from './handlers/handler.ts';
export type { Telemetry, TelemetryDelivery, TelemetryDrift, TelemetryHandler } from './handlers/telemetry.ts';
export type { Inbox } from './inbox/types.ts';
export type { CheckpointUpdate, Claim, ClaimRequest, ClaimResult, Ledger } from './once/ledger.ts';
export { createMemoryLedger, type MemoryLedgerOptions } from './once/memory-ledger.ts';
export type {
  CommonReceiverOptions,
  DeliveryMethod,
  HandlerMap,
  InboxReceiverOptions,
  LedgerReceiverOptions,
  ReceiverOptions,
} from './options.ts';
export type { AnyReceiver, Receiver } from './receiver.ts';
export type { ReceiverHealth } from './reporting/health.ts';
export type {
  DeadLetter,
  DeadLetterListener,
  DeadLetterReason,
  ErrorInfo,
  ErrorListener,
} from './reporting/listeners.ts';
export { type ErrorCode, type ErrorDetails, PermanentError, ShowpadWebhookError } from './shared/error.ts';
export type { WebhookHeaders } from './shared/headers.ts';
export type { Logger } from './shared/logger.ts';
export type { MaybePromise } from './shared/promise.ts';
export { type RetryAfterDetails, RetryAfterError } from './shared/retry-after-error.ts';
export type { KeyLookup, KeyResolver, SignatureKey, SignatureKeys } from './signature/keys.ts';
export { sign, type VerifiedSignature, type VerifyOptions, verifySignature } from './signature/signature.ts';
export { SIGNATURE_HEADER, TIMESTAMP_HEADER } from './signature/signed-headers.ts';
