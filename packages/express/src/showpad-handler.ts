import type { EventMap, SchemasOf, ShowpadEventMap, WithSchemas } from '@showpad-webhooks/core';
import {
  createRouteHandler,
  type NodeHandler,
  type NodeResponse,
  type RouteSource,
} from '@showpad-webhooks/core/node';
import { type ExpressRequest, explainMissingBody } from './explain-missing-body.ts';

/**
 * Receives Showpad webhooks on a route of an Express app or router. It takes the options of a receiver, or a receiver of your
 * own. Without a route it would answer every request of the app, so it fails each of them with an error that says so.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { showpadHandler } from '@showpad-webhooks/express';
 *
 * const app = express();
 * app.post('/webhooks/showpad', showpadHandler({ keys: 'a-signature-key' }));
 * ```
 */
export function showpadHandler<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends object = SchemasOf<Events>,
>(source: RouteSource<Events, Schemas>): NodeHandler<WithSchemas<Events, Schemas>> {
  const receive = createRouteHandler(source, { explainMissingBody });
  const handler = (req: ExpressRequest, res: NodeResponse, next?: (error?: unknown) => void): void => {
    if (!req.route && !req.baseUrl) throw new Error(WITHOUT_ROUTE);
    receive(req, res, next);
  };
  return Object.assign(handler, { receiver: receive.receiver });
}

const WITHOUT_ROUTE =
  'showpadHandler() was used without a path, so it would answer every request of the app. Use ' +
  'app.post(path, showpadHandler(…)), or app.use(showpadWebhooks({ path, … })).';
