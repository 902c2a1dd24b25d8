import {
  createReceiver,
  type EventMap,
  type EventSchemas,
  type Receiver,
  type ReceiverOptions,
  type ShowpadEventMap,
  type WebhookResponse,
  type WithSchemas,
} from '@showpad-webhooks/core';
import { checkPath, findRawBody, matchesPath, writeResponse } from '@showpad-webhooks/core/node';
import type { KoaContext, ShowpadState } from './context.ts';
import { rawBodyMend } from './mend.ts';

export interface ShowpadMiddleware<Events extends EventMap> {
  // Generic, since app.use() would add a type of its own to that of the app's context.
  <Context extends KoaContext>(ctx: Context, next: () => Promise<unknown>): Promise<unknown>;
  /** To add handlers and listeners, and to close at shutdown. */
  readonly receiver: Receiver<Events>;
}

export interface MiddlewareOptions {
  /** The one path to answer, below where the middleware is mounted; every other request passes by. */
  readonly path?: string;
}

/**
 * Receives Showpad webhooks in a Koa app. Use it before any body parser where you can.
 *
 * A delivery ends here: middleware that comes later does not run for it. Middleware that came earlier finds
 * the answer in `ctx.status` and `ctx.body`, and the receipt in `ctx.state.showpadReceipt`, after its
 * `await next()`.
 *
 * @param source options for a receiver, with handlers under `on`; or a receiver of your own.
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import Koa from 'koa';
 * import { showpadWebhooks } from '@showpad-webhooks/koa';
 *
 * const app = new Koa();
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

  const middleware = async (ctx: KoaContext, next: () => Promise<unknown>): Promise<unknown> => {
    const { req, request } = ctx;
    if (path === undefined && ctx._matchedRoute === undefined && ctx.mountPath === undefined) {
      throw new Error(
        'showpadWebhooks() was used on every path: pass { path }, or use it as router.post(path, …).',
      );
    }
    if (path !== undefined && !matchesPath(request.url, path)) return next();
    const receipt = await receiver.receive({
      method: request.method,
      headers: request.headers,
      body: findRawBody({
        req,
        body: request.body ?? req.body,
        rawBody: request.rawBody ?? req.rawBody,
        mend: () => rawBodyMend(ctx),
      }),
      url: request.originalUrl,
    });
    (ctx.state as ShowpadState).showpadReceipt = receipt;
    answer(ctx, receipt.response);
  };
  return Object.assign(middleware, { receiver });
}

/** Leaves the writing to Koa, so that middleware around this one may look at the answer and add headers to it. */
function answer(ctx: KoaContext, response: WebhookResponse): void {
  const { status, headers, body } = response;
  if (ctx.res.headersSent) return; // Something else has answered.
  ctx.status = status;
  // Straight to the response: under load, the layers of ctx.set show.
  for (const name in headers) ctx.res.setHeader(name, headers[name] as string);
  ctx.body = body;
  if (headers.connection !== 'close') return;
  // Koa would close the connection with an upload unread, and the sender might never see the answer.
  ctx.respond = false;
  writeResponse(ctx.res, response);
}
