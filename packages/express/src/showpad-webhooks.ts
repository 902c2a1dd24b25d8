import type { EventMap, SchemasOf, ShowpadEventMap, WithSchemas } from '@showpad-webhooks/core';
import {
  createNodeHandler,
  type NodeHandler,
  type ShowpadWebhooksOptions,
} from '@showpad-webhooks/core/node';
import { explainMissingBody } from './explain-missing-body.ts';

/**
 * Receives Showpad webhooks in an Express app. Add it before any body parser if you can. Only `path` is answered, and every
 * other request passes by. On a router, `path` may contain the path of the router or leave it out.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { showpadWebhooks } from '@showpad-webhooks/express';
 *
 * const app = express();
 * app.use(
 *   showpadWebhooks({
 *     path: '/webhooks/showpad',
 *     keys: 'a-signature-key',
 *     on: { 'shared-space-user-added': (event) => console.log(event.data.invitee.email) },
 *   }),
 * );
 * ```
 */
export function showpadWebhooks<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends object = SchemasOf<Events>,
>(options: ShowpadWebhooksOptions<Events, Schemas>): NodeHandler<WithSchemas<Events, Schemas>> {
  return createNodeHandler(options, { explainMissingBody });
}
