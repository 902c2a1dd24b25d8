import type { EventMap, SchemasOf, ShowpadEventMap, WithSchemas } from '@showpad-webhooks/core';
import { type RouteSource, toReceiver } from '@showpad-webhooks/core/node';
import type { KoaContext, ShowpadMiddleware } from './context.ts';
import { receive } from './receive.ts';

/**
 * Receives Showpad webhooks on a route of @koa/router or koa-router, or under koa-mount. It takes the options of a receiver, or
 * a receiver of your own. Without a route it would answer every request of the app, so it fails each of them with an error
 * that says so.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import Router from '@koa/router';
 * import { showpadHandler } from '@showpad-webhooks/koa';
 *
 * const router = new Router();
 * router.post('/webhooks/showpad', showpadHandler({ keys: 'a-signature-key' }));
 * ```
 */
export function showpadHandler<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends object = SchemasOf<Events>,
>(source: RouteSource<Events, Schemas>): ShowpadMiddleware<WithSchemas<Events, Schemas>> {
  const receiver = toReceiver(source);
  const middleware = async (ctx: KoaContext): Promise<void> => {
    if (ctx._matchedRoute === undefined && ctx.mountPath === undefined) throw new Error(WITHOUT_ROUTE);
    await receive(receiver, ctx);
  };
  return Object.assign(middleware, { receiver });
}

const WITHOUT_ROUTE =
  'showpadHandler() was used without a path, so it would answer every request of the app. Use ' +
  'router.post(path, showpadHandler(…)), or app.use(showpadWebhooks({ path, … })).';
