import type { EventMap } from '../events/event.ts';
import type { ShowpadEventMap } from '../events/event-map.ts';
import type { SchemasOf, WithSchemas } from '../events/schema.ts';
import { type RouteSource, toReceiver } from './handler-options.ts';
import { checkHooks, deliver, type NodeHandler, type NodeHandlerHooks } from './node-handler.ts';
import type { NodeRequest, NodeResponse } from './node-request.ts';

/**
 * Makes a handler for one route of a router, which has matched the path already.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createRouteHandler } from '@showpad-webhooks/core/node';
 *
 * const receive = createRouteHandler({ keys: 'a-signature-key' });
 * createServer((req, res) => {
 *   if (req.url === '/webhooks/showpad') receive(req, res);
 *   else res.end('hello');
 * });
 * ```
 */
export function createRouteHandler<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends object = SchemasOf<Events>,
>(
  source: RouteSource<Events, Schemas>,
  hooks: NodeHandlerHooks = {},
): NodeHandler<WithSchemas<Events, Schemas>> {
  checkHooks(hooks);
  const receiver = toReceiver(source);
  const handler = (req: NodeRequest, res: NodeResponse, next?: (error?: unknown) => void): void =>
    deliver(receiver, req, res, next, hooks);
  return Object.assign(handler, { receiver });
}
