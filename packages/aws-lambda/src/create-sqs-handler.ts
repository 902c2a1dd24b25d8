import type {
  EventMap,
  Receiver,
  ReceiverOptions,
  SchemasOf,
  ShowpadEventMap,
  WithSchemas,
} from '@showpad-webhooks/core';
import { toReceiver } from '@showpad-webhooks/core/node';
import { groupsOf, readSqsEvent, requestOf, type SqsRecord } from './sqs-event.ts';

/** Tells SQS which messages to deliver again. All others are deleted from the queue. */
export interface SqsBatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

/** The handler of a Lambda function that reads a queue. */
export interface SqsHandler<Events extends EventMap = ShowpadEventMap> {
  /** Rejects with a TypeError if the event is not one of SQS. */
  (event: unknown, context?: unknown): Promise<SqsBatchResponse>;
  /** Add handlers and listeners to it. */
  readonly receiver: Receiver<Events>;
}

/**
 * Makes the handler of a Lambda function that handles the deliveries that a gateway has put into an SQS queue. So nothing of
 * yours has to run when Showpad sends: the queue is the inbox. The handler verifies each message, and deletes nothing that a
 * retry may help: messages whose handlers failed, and those that could not be handled now, stay in the queue, which moves them
 * to its dead-letter queue in the end. A message that is forged, or that no retry can help, is reported to `onRejected`,
 * `onError` or `onDeadLetter`, and deleted.
 *
 * The event source needs `FunctionResponseTypes: [ReportBatchItemFailures]`. Without it, Lambda deletes the messages that failed,
 * too. `template.yaml` of this package has a gateway, a queue and a function that fit together.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { createSqsHandler } from '@showpad-webhooks/aws-lambda';
 *
 * export const handler = createSqsHandler({
 *   keys: () => process.env.SHOWPAD_SIGNATURE_KEY ?? '',
 *   on: { 'shared-space-user-added': (event) => console.log(event.data.invitee.email) },
 * });
 * ```
 */
export function createSqsHandler<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends object = SchemasOf<Events>,
>(source: ReceiverOptions<Events, Schemas> | Receiver<Events>): SqsHandler<WithSchemas<Events, Schemas>> {
  const receiver = toReceiver(source);

  /** Receives messages one after the other. Returns the first that has to come again, and all that must not overtake it. */
  async function receiveInOrder(group: readonly SqsRecord[]): Promise<readonly SqsRecord[]> {
    for (const [index, record] of group.entries()) {
      const { response } = await receiver.receive(requestOf(record));
      if (response.status >= 500) return group.slice(index);
    }
    return [];
  }

  const handler = async (event: unknown): Promise<SqsBatchResponse> => {
    const unhandled = await Promise.all(groupsOf(readSqsEvent(event)).map(receiveInOrder));
    return { batchItemFailures: unhandled.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
  return Object.assign(handler, { receiver });
}
