import { Buffer } from 'node:buffer';
import type { WebhookRequest } from '@showpad-webhooks/core';
import { bytesOf } from './body-bytes.ts';
import { describeEvent, sourceOf } from './describe-event.ts';

/** The part of a record of SQS that is used. SQS always sends all of it, and a test of the app may leave something out. */
export interface SqsRecord {
  readonly messageId: string;
  readonly body: string;
  readonly attributes?: {
    /** When SQS got the message, in unix ms. A message that comes back from a dead-letter queue has a new one. */
    readonly SentTimestamp?: string;
    readonly MessageGroupId?: string;
  };
  readonly messageAttributes?: Readonly<Record<string, { readonly stringValue?: string }>>;
  readonly eventSourceARN?: string;
}

/** The message attribute with the time at which the gateway got the delivery, in unix ms. */
const RECEIVED_AT = 'receivedAtMs';

/** @throws TypeError that says what the event is, if it has no records of SQS. */
export function readSqsEvent(event: unknown): readonly SqsRecord[] {
  if (sourceOf(event) === 'aws:sqs') return (event as { readonly Records: readonly SqsRecord[] }).Records;
  throw new TypeError(
    `createSqsHandler takes the events of an SQS queue, but the function was called with ${describeEvent(event)}. Use ` +
      'createLambdaHandler for API Gateway, function URLs and load balancers.',
  );
}

/** The delivery that a gateway has put into a message: the attributes of the message are the headers. */
export function requestOf({ body, attributes, messageAttributes = {} }: SqsRecord): WebhookRequest {
  const { [RECEIVED_AT]: receivedAt, ...others } = messageAttributes;
  const headers = Object.fromEntries(
    Object.entries(others).map(([name, { stringValue }]) => [name, stringValue]),
  );
  // A message that came back from a dead-letter queue was sent now, and its delivery arrived days ago.
  const times = [receivedAt?.stringValue, attributes?.SentTimestamp].map(Number);
  return {
    method: 'POST',
    headers,
    body: bytesOf(body, isBase64(body), headers),
    receivedAtMs: times.find((time) => time > 0),
  };
}

/**
 * Messages in a group have an order in a FIFO queue. In a standard queue, groups only share the queue fairly, so each message
 * stands alone.
 */
export function groupsOf(records: readonly SqsRecord[]): readonly (readonly SqsRecord[])[] {
  const groups = new Map<string, SqsRecord[]>();
  for (const record of records) {
    const { messageId, attributes, eventSourceARN } = record;
    const name = eventSourceARN?.endsWith('.fifo') ? attributes?.MessageGroupId : undefined;
    const key = name === undefined ? `message ${messageId}` : `group ${name}`;
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  return [...groups.values()];
}

/** An event is a JSON object, and base64 has no "{". So an event that was sent as text is never taken for base64. */
function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}
