import type { Server } from '@hapi/hapi';
import type { AnyReceiver } from '@showpad-webhooks/core';
import { createRouteHandler, matchesPath } from '@showpad-webhooks/core/node';

export function addWebhook(app: Server, path: string, receiver: AnyReceiver): void {
  const receive = createRouteHandler(receiver);
  // This comes before the router and the parser of hapi.
  app.ext('onRequest', ({ raw: { req, res } }, h) => {
    if (!matchesPath(req.url ?? '', path)) return h.continue;
    receive(req, res);
    return h.abandon; // The response is not hapi's.
  });
}
