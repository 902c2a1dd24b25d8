export type { HandlerContext } from './context.ts';
export type { DeadLetter, DeadLetterListener, DeliveryInfo, ErrorListener } from './delivery.ts';
export type { ReceiverHealth } from './diagnostics/health.ts';
export { PermanentError, ShowpadWebhookError, type ShowpadWebhookErrorCode } from './error.ts';
export {
  type EventEnvelope,
  type EventMap,
  type EventOf,
  parseEvent,
  type ShowpadEvent,
  type UnknownEvent,
} from './event.ts';
export type {
  CourseCompletedData,
  SharedSpace,
  SharedSpaceCreatedData,
  SharedSpaceUserAddedData,
  ShowpadEventMap,
  ShowpadUser,
} from './event-map.ts';
export type { Handler, HandlerOptions } from './handlers.ts';
export type { WebhookHeaders } from './headers.ts';
export type {
  Inbox,
  InboxConsumer,
  InboxCounts,
  InboxEntry,
  InboxError,
  InboxHealth,
  InboxItem,
  InboxJob,
  InboxPage,
  InboxQuery,
  InboxState,
  InboxTarget,
  PutResult,
} from './inbox.ts';
export type { KeyHint, KeyResolver, SignatureKey, SignatureKeys } from './keys.ts';
export type { CheckpointUpdate, Claim, ClaimRequest, ClaimResult, Ledger } from './ledger.ts';
export type { Logger } from './logger.ts';
export { createMemoryLedger, type MemoryLedgerOptions } from './memory-ledger.ts';
export type { DeliveryMethod, HandlerMap, ReceiverOptions } from './options.ts';
export { createReceiver, type Receipt, type Receiver } from './receiver.ts';
export type { WebhookRequest } from './request.ts';
export type { Outcome, WebhookResponse } from './response.ts';
export type { EventSchemas, StandardIssue, StandardResult, StandardSchemaV1, WithSchemas } from './schema.ts';
export { sign, type VerifiedSignature, type VerifyOptions, verifySignature } from './signature.ts';
export type { Telemetry } from './telemetry.ts';
