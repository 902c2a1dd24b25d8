import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createReceiver,
  type EventMap,
  type EventSchemas,
  type Receiver,
  type ReceiverOptions,
  type ShowpadEventMap,
  type WithSchemas,
} from '@showpad-webhooks/core';
import { checkPath, findRawBody, matchesPath, writeResponse } from '@showpad-webhooks/core/node';
import { rawBodyMend } from './mend.ts';

/** What this middleware uses of an Express 4 or 5 request. */
export type ExpressRequest = IncomingMessage & {
  originalUrl?: string;
  baseUrl?: string;
  route?: unknown;
  app?: unknown;
  body?: unknown;
  rawBody?: unknown;
};

export interface ShowpadMiddleware<Events extends EventMap> {
  (req: ExpressRequest, res: ServerResponse, next: (error?: unknown) => void): void;
  /** To add handlers and listeners, and to close at shutdown. */
  readonly receiver: Receiver<Events>;
}

export interface MiddlewareOptions {
  /** The one path to answer, below where the middleware is mounted; every other request passes by. */
  readonly path?: string;
}

/**
 * Receives Showpad webhooks in an Express app. Mount it before any body parser where you can.
 *
 * @param source options for a receiver, with handlers under `on`; or a receiver of your own.
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { showpadWebhooks } from '@showpad-webhooks/express';
 *
 * const app = express();
 * app.use(
 *   showpadWebhooks(
 *     {
 *       keys: 'a-signature-key',
 *       on: { 'shared-space-user-added': (event) => console.log(event.data.invitee.email) },
 *     },
 *     { path: '/webhooks/showpad' },
 *   ),
 * );
 * ```
 */
export function showpadWebhooks<Events extends EventMap>(
  source: Receiver<Events>,
  options?: MiddlewareOptions,
): ShowpadMiddleware<Events>;
// biome-ignore lint/complexity/noBannedTypes: {} is "no schemas", as in createReceiver.
export function showpadWebhooks<Events extends EventMap = ShowpadEventMap, Schemas extends EventSchemas = {}>(
  source: ReceiverOptions<Events, Schemas>,
  options?: MiddlewareOptions,
): ShowpadMiddleware<WithSchemas<Events, Schemas>>;
export function showpadWebhooks(
  source: Receiver | ReceiverOptions<ShowpadEventMap, EventSchemas>,
  { path }: MiddlewareOptions = {},
): ShowpadMiddleware<ShowpadEventMap> {
  checkPath(path);
  const receiver = 'receive' in source ? source : createReceiver(source);

  const middleware = (req: ExpressRequest, res: ServerResponse, next: (error?: unknown) => void): void => {
    if (path === undefined && !req.route && !req.baseUrl) {
      next(
        new Error(
          'showpadWebhooks() was mounted on every path: pass { path }, or mount it with app.post(path, …).',
        ),
      );
      return;
    }
    if (path !== undefined && !matchesPath(req.url ?? '', path)) {
      next();
      return;
    }
    receiver
      .receive({
        method: req.method ?? '',
        headers: req.headers,
        body: findRawBody({ req, body: req.body, rawBody: req.rawBody, mend: () => rawBodyMend(req) }),
        url: req.originalUrl ?? req.url ?? '',
      })
      .then((receipt) => writeResponse(res, receipt.response))
      .catch(next);
  };
  return Object.assign(middleware, { receiver });
}
