import type { Attributes } from '@opentelemetry/api';
import { clip as clipTo } from '@showpad-webhooks/core/shared';

// These names come from OpenTelemetry's semantic conventions. They are written out, because those for messaging are in
// development: any minor release of @opentelemetry/semantic-conventions may rename or drop them.
const MESSAGING_SYSTEM = 'messaging.system';
const OPERATION_NAME = 'messaging.operation.name';
const OPERATION_TYPE = 'messaging.operation.type';
export const DESTINATION = 'messaging.destination.name';
const MESSAGE_ID = 'messaging.message.id';
export const BODY_SIZE = 'messaging.message.body.size';
export const STATUS_CODE = 'http.response.status_code';
export const ERROR_TYPE = 'error.type';
export const EXCEPTION_TYPE = 'exception.type';

// These names are our own.
export const OUTCOME = 'showpad.webhook.outcome';
export const EVENT_TYPE = 'showpad.webhook.event.type';
export const ATTEMPT = 'showpad.webhook.attempt';
export const KEY_LABEL = 'showpad.webhook.key_label';
export const HANDLER = 'showpad.webhook.handler';
export const INBOX_STATE = 'showpad.webhook.inbox.state';

export const SCOPE = '@showpad-webhooks/otel';

// These are the names of operations.
export const RECEIVE = 'receive';
export const HANDLE = 'handle';

const LONGEST_TEXT = 128;

/** Cuts and escapes a text, as the log does, so that the two can be compared. Ids and types are data of the sender. */
export function clip(text: string): string {
  return clipTo(text, LONGEST_TEXT);
}

export function eventAttributes({ id, type }: { readonly id: string; readonly type: string }): Attributes {
  return { [MESSAGE_ID]: clip(id), [EVENT_TYPE]: clip(type) };
}

/** The type is `process` for received deliveries too: in the conventions, "receive" is when a consumer asks for messages. */
export function processAttributes(operation: string, receiverName: string): Attributes {
  return { ...operationAttributes(operation, receiverName), [OPERATION_TYPE]: 'process' };
}

export function operationAttributes(operation: string, receiverName: string): Attributes {
  return { [MESSAGING_SYSTEM]: 'showpad', [OPERATION_NAME]: operation, [DESTINATION]: receiverName };
}
