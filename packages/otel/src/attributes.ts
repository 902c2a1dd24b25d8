import type { Attributes } from '@opentelemetry/api';

// Of the semantic conventions. Written out, since those of messaging are in development: @opentelemetry/semantic-conventions
// may rename or drop them in any minor release.
const MESSAGING_SYSTEM = 'messaging.system';
const OPERATION_NAME = 'messaging.operation.name';
const OPERATION_TYPE = 'messaging.operation.type';
export const DESTINATION = 'messaging.destination.name';
const MESSAGE_ID = 'messaging.message.id';
export const BODY_SIZE = 'messaging.message.body.size';
export const STATUS_CODE = 'http.response.status_code';
export const ERROR_TYPE = 'error.type';
export const EXCEPTION_TYPE = 'exception.type';

// Ours.
export const OUTCOME = 'showpad.webhook.outcome';
export const EVENT_TYPE = 'showpad.webhook.event.type';
export const ATTEMPT = 'showpad.webhook.attempt';
export const KEY_LABEL = 'showpad.webhook.key_label';
export const HANDLER = 'showpad.webhook.handler';
export const INBOX_STATE = 'showpad.webhook.inbox.state';

export const SCOPE = '@showpad-webhooks/otel';
// Operations.
export const RECEIVE = 'receive';
export const HANDLE = 'handle';

const LONGEST_TEXT = 128;

/** Ids and types are a sender's data, of any length. */
export function clip(text: string): string {
  return text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
}

export function eventAttributes({ id, type }: { readonly id: string; readonly type: string }): Attributes {
  return { [MESSAGE_ID]: clip(id), [EVENT_TYPE]: clip(type) };
}

/** Of type `process`, also where a delivery is received: "receive" is the conventions' word for what a consumer asks for. */
export function processAttributes(operation: string, receiver: string): Attributes {
  return { ...operationAttributes(operation, receiver), [OPERATION_TYPE]: 'process' };
}

export function operationAttributes(operation: string, receiver: string): Attributes {
  return { [MESSAGING_SYSTEM]: 'showpad', [OPERATION_NAME]: operation, [DESTINATION]: receiver };
}
