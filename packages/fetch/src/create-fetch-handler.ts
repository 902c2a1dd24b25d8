import {
  createReceiver,
  type EventMap,
  type Receipt,
  type Receiver,
  type ReceiverOptions,
  type SchemasOf,
  type ShowpadEventMap,
  type WithSchemas,
} from '@showpad-webhooks/core';
import { cancelLater } from './cancel-later.ts';
import type { FetchRequest } from './fetch-request.ts';
import { readRequestBody } from './read-request-body.ts';

/** A function from a request to its response, as all fetch-based frameworks and runtimes take it. */
export interface FetchHandler<Events extends EventMap> {
  (request: FetchRequest): Promise<Response>;
  /** Add handlers and listeners to it, and close it at shutdown. */
  readonly receiver: Receiver<Events>;
}

/**
 * Makes a handler for a route that receives Showpad webhooks. It takes the options of a receiver, or a receiver of your own, and
 * answers every request that it gets: the framework chooses the path.
 *
 * Pass `keys` as a function if the key is not there while the app is built, as in Next.js. It is called for each delivery, and
 * the answer is 503 as long as it returns no key.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { createFetchHandler } from '@showpad-webhooks/fetch';
 *
 * export const POST = createFetchHandler({
 *   keys: () => process.env.SHOWPAD_SIGNATURE_KEY ?? '',
 *   on: { 'shared-space-user-added': (event) => console.log(event.data.invitee.email) },
 * });
 * ```
 */
export function createFetchHandler<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends object = SchemasOf<Events>,
>(source: ReceiverOptions<Events, Schemas> | Receiver<Events>): FetchHandler<WithSchemas<Events, Schemas>> {
  const receiver = 'receive' in source ? source : createReceiver(source);
  const handler = async (request: FetchRequest): Promise<Response> => {
    const { method, headers, url } = request;
    const { pathname, search } = new URL(url);
    const receipt = await receiver.receive({
      method,
      headers,
      url: pathname + search,
      body: (limitBytes, onHeld) => readRequestBody(request, limitBytes, { onHeld }),
    });
    if (request.body && !request.bodyUsed) cancelLater(request.body); // It was refused before it was read.
    return responseOf(receipt);
  };
  return Object.assign(handler, { receiver: receiver as Receiver<WithSchemas<Events, Schemas>> });
}

function responseOf({ response }: Receipt): Response {
  // The connection is the concern of the server, and HTTP/2 has no such header.
  const { connection: _, ...headers } = response.headers;
  return new Response(response.body, { status: response.status, headers });
}
