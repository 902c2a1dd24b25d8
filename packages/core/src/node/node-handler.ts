import type { Receipt } from '../delivery/receipt.ts';
import type { EventMap } from '../events/event.ts';
import type { ShowpadEventMap } from '../events/event-map.ts';
import type { SchemasOf, WithSchemas } from '../events/schema.ts';
import { RECEIVER_OPTIONS } from '../options.ts';
import type { AnyReceiver, Receiver } from '../receiver.ts';
import { checkKnown } from '../shared/check.ts';
import { type HandlerSource, type ShowpadWebhooksOptions, toReceiver } from './handler-options.ts';
import type { NodeRequest, NodeResponse, ParsedBody } from './node-request.ts';
import { checkPath, matchesPath } from './path.ts';
import { findRawBody } from './raw-body.ts';
import { writeResponse } from './write-response.ts';

/** A request listener for `node:http` and `node:http2`, and a middleware for everything that works like Express. */
export interface NodeHandler<Events extends EventMap> {
  (req: NodeRequest, res: NodeResponse, next?: (error?: unknown) => void): void;
  /** Add handlers and listeners to it, and close it at shutdown. */
  readonly receiver: Receiver<Events>;
}

export interface NodeHandlerHooks {
  /** Says what ran first and how to fix it, if a parser left no bytes to verify. Default: a general sentence. */
  readonly explainMissingBody?: (req: NodeRequest) => string;
}

/** What a framework keeps in another place than its request. Default: what the request has. */
export interface NodeRequestOptions extends NodeHandlerHooks, ParsedBody {
  readonly url?: string | undefined;
}

/**
 * Makes a handler for `node:http` and `node:http2`, and for frameworks that have their requests and responses. Other paths go
 * to `next`, or are answered with 404 if there is none.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createNodeHandler } from '@showpad-webhooks/core/node';
 *
 * const handler = createNodeHandler({
 *   path: '/webhooks/showpad',
 *   keys: 'a-signature-key',
 *   on: { 'shared-space-user-added': (event) => console.log(event.data.invitee.email) },
 * });
 * createServer(handler);
 * ```
 */
export function createNodeHandler<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends object = SchemasOf<Events>,
>(
  options: ShowpadWebhooksOptions<Events, Schemas>,
  hooks: NodeHandlerHooks = {},
): NodeHandler<WithSchemas<Events, Schemas>> {
  const { path, ...source } = options;
  checkKnown(options, { ...RECEIVER_OPTIONS, path, receiver: true });
  checkHooks(hooks);
  checkPath(path);
  const receiver = toReceiver(source as HandlerSource<Events, Schemas>);
  const handler = (req: NodeRequest, res: NodeResponse, next?: (error?: unknown) => void): void => {
    if (matchesPath(req.url ?? '', path, req.originalUrl)) deliver(receiver, req, res, next, hooks);
    else if (next) next();
    else writeResponse(res, NOT_FOUND);
  };
  return Object.assign(handler, { receiver });
}

const NOT_FOUND = {
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: '{"error":"not found"}',
};

/** @throws TypeError for an unknown hook. */
export function checkHooks(hooks: NodeHandlerHooks): void {
  checkKnown(hooks, { explainMissingBody: true });
}

/** Receives a Node request and writes the response. */
export function deliver(
  receiver: AnyReceiver,
  req: NodeRequest,
  res: NodeResponse,
  next: ((error?: unknown) => void) | undefined,
  hooks: NodeHandlerHooks,
): void {
  receiveNodeRequest(receiver, req, hooks)
    .then(({ response }) => writeResponse(res, response))
    .catch((error) => (next ? next(error) : res.destroy(error)));
}

/**
 * Receives a Node request and leaves the response to you: for adapters of frameworks that write responses themselves.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { receiveNodeRequest, writeResponse } from '@showpad-webhooks/core/node';
 *
 * const receiver = createReceiver({ keys: 'a-signature-key' });
 * createServer(async (req, res) => {
 *   const receipt = await receiveNodeRequest(receiver, req);
 *   console.log(receipt.outcome);
 *   writeResponse(res, receipt.response);
 * });
 * ```
 */
export async function receiveNodeRequest(
  receiver: AnyReceiver,
  req: NodeRequest,
  options: NodeRequestOptions = {},
): Promise<Receipt> {
  const { url = req.originalUrl ?? req.url, body = req.body, rawBody = req.rawBody } = options;
  const { explainMissingBody = explainGenerally } = options;
  checkKnown(options, { url, body, rawBody, explainMissingBody });
  return receiver.receive({
    method: req.method ?? '',
    headers: req.headers,
    url,
    body: findRawBody({ req, body, rawBody, explainMissingBody: () => explainMissingBody(req) }),
  });
}

function explainGenerally(): string {
  return 'A body parser runs first and leaves no raw bytes. Register the webhook before it, or let the parser keep the bytes as req.rawBody.';
}
