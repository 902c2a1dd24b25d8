import type {
  EventMap,
  Receipt,
  Receiver,
  ReceiverOptions,
  SchemasOf,
  ShowpadEventMap,
  WithSchemas,
} from '@showpad-webhooks/core';
import { toReceiver } from '@showpad-webhooks/core/node';
import { readHttpEvent } from './http-event.ts';

/** A response in the form that API Gateway, function URLs and load balancers take from a function. */
export interface LambdaResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  /** A load balancer reads these if the attribute `lambda.multi_value_headers.enabled` of its target group is set. */
  readonly multiValueHeaders?: Record<string, string[]>;
  readonly body: string;
  readonly isBase64Encoded: false;
}

/** The handler of a Lambda function. */
export interface LambdaHandler<Events extends EventMap = ShowpadEventMap> {
  /** Rejects with a TypeError if the event has no HTTP request in it. Then the sender gets a 5xx. */
  (event: unknown, context?: unknown): Promise<LambdaResponse>;
  /** Add handlers and listeners to it. */
  readonly receiver: Receiver<Events>;
}

/**
 * Makes the handler of a Lambda function that receives Showpad webhooks over HTTP: from a REST API, an HTTP API with payload
 * format 1.0 or 2.0, a function URL, or an Application Load Balancer. It takes the options of a receiver, or a receiver of your
 * own, and answers every request that it gets: the gateway chooses the path.
 *
 * Instances of a function share no memory, so pass a ledger that they share, such as `createDynamoLedger`.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { createLambdaHandler } from '@showpad-webhooks/aws-lambda';
 *
 * export const handler = createLambdaHandler({
 *   keys: () => process.env.SHOWPAD_SIGNATURE_KEY ?? '',
 *   on: { 'shared-space-user-added': (event) => console.log(event.data.invitee.email) },
 * });
 * ```
 */
export function createLambdaHandler<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends object = SchemasOf<Events>,
>(source: ReceiverOptions<Events, Schemas> | Receiver<Events>): LambdaHandler<WithSchemas<Events, Schemas>> {
  const receiver = toReceiver(source);
  const handler = async (event: unknown): Promise<LambdaResponse> => {
    const { request, wantsMultiValueHeaders } = readHttpEvent(event);
    return responseOf(await receiver.receive(request), wantsMultiValueHeaders);
  };
  return Object.assign(handler, { receiver });
}

function responseOf({ response }: Receipt, wantsMultiValueHeaders: boolean): LambdaResponse {
  // The connection is the concern of the gateway.
  const { connection: _, ...headers } = response.headers;
  const common = {
    statusCode: response.status,
    headers,
    body: response.body,
    isBase64Encoded: false,
  } as const;
  if (!wantsMultiValueHeaders) return common;
  const entries = Object.entries(headers).map(([name, value]) => [name, [value]]);
  return { ...common, multiValueHeaders: Object.fromEntries(entries) };
}
