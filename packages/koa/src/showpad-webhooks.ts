import type { EventMap, SchemasOf, ShowpadEventMap, WithSchemas } from '@showpad-webhooks/core';
import {
  checkPath,
  matchesPath,
  RECEIVER_OPTIONS,
  type ShowpadWebhooksOptions,
  toReceiver,
} from '@showpad-webhooks/core/node';
import { checkKnown } from '@showpad-webhooks/core/shared';
import type { KoaContext, ShowpadMiddleware } from './context.ts';
import { receive } from './receive.ts';

/**
 * Receives Showpad webhooks in a Koa app. Add it before any body parser if you can. Only `path` is answered, and every other
 * request passes by. Under koa-mount or a router with a prefix, `path` may contain the mount path or leave it out.
 *
 * A delivery ends here: middleware that comes later does not run for it. Middleware that came earlier finds the response in
 * `ctx.status` and `ctx.body`, and the receipt in `ctx.state.showpadReceipt`, after its `await next()`.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import Koa from 'koa';
 * import { showpadWebhooks } from '@showpad-webhooks/koa';
 *
 * const app = new Koa();
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
>(options: ShowpadWebhooksOptions<Events, Schemas>): ShowpadMiddleware<WithSchemas<Events, Schemas>> {
  const { path, ...source } = options;
  checkKnown(options, { ...RECEIVER_OPTIONS, path, receiver: true });
  checkPath(path);
  const receiver = toReceiver(source);
  const middleware = async (ctx: KoaContext, next: () => Promise<unknown>): Promise<unknown> => {
    if (!matchesPath(urlInRouter(ctx), path, ctx.request.originalUrl)) return next();
    return receive(receiver, ctx);
  };
  return Object.assign(middleware, { receiver });
}

/** A router with a prefix does not change the URL, as koa-mount does. */
function urlInRouter({ request: { url }, router }: KoaContext): string {
  const prefix = router?.opts?.prefix ?? '';
  return url.startsWith(prefix) ? url.slice(prefix.length) : url;
}
