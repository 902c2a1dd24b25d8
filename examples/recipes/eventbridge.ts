// Puts each event on a bus of Amazon EventBridge, as a CloudEvent.
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type Handler, PermanentError, type ShowpadEvent } from '@showpad-webhooks/core';
import { CloudEvent } from 'cloudevents';

/** What a retry can fix, of one entry or of the whole call. The SDK marks the latter itself. */
const TEMPORARY = ['ThrottlingException', 'InternalException', 'InternalFailure', 'ServiceUnavailable'];

/**
 * Makes a handler. EventBridge delivers at least once and drops no copies: a rule's target compares the `id` of the CloudEvent,
 * which is the id of Showpad's event.
 *
 * @param client create it with `{ maxAttempts: 1 }`, because the inbox retries.
 */
export function putOnEventBridge(client: EventBridgeClient, busName: string): Handler<ShowpadEvent> {
  return async ({ id, type, date, data }) => {
    const source = 'showpad';
    // The time of Showpad's published sample is not a date, and then the CloudEvent has the present time.
    const time = date ? { time: date.toISOString() } : {};
    const event = new CloudEvent({ id, source, type: `com.showpad.${type}`, data, ...time });
    const entry = { EventBusName: busName, Source: source, DetailType: type, Detail: JSON.stringify(event) };
    const { Entries = [] } = await client
      .send(new PutEventsCommand({ Entries: [entry] }))
      .catch(toHandlerError);
    const [{ ErrorCode: code } = {}] = Entries;
    if (code === undefined) return;
    const message = `EventBridge refused the event: ${code}.`;
    throw TEMPORARY.includes(code) ? new Error(message) : new PermanentError(message);
  };
}

function toHandlerError(error: unknown): never {
  const { name, $metadata } = error as {
    readonly name: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode ?? 500;
  // Rights and buses can be fixed, and then a retry helps. An entry that is too large never fits.
  if (status === 413 || name === 'ValidationException')
    throw new PermanentError(`EventBridge answered ${name}.`);
  throw error;
}
