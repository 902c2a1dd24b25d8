import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { EventMap, Receipt, Receiver } from '@showpad-webhooks/core';
import type { ParsedBody } from '@showpad-webhooks/core/node';

/**
 * What this package uses of a Koa 2 or 3 context. Koa's body parsers leave the body on `ctx.request`. Some others, and serverless
 * platforms, leave it on `ctx.req`.
 */
export interface KoaContext {
  readonly app: { readonly middleware: readonly { readonly name: string }[] };
  readonly req: IncomingMessage & ParsedBody;
  readonly res: ServerResponse;
  readonly request: ParsedBody & {
    readonly url: string;
    readonly originalUrl: string;
    readonly headers: IncomingHttpHeaders;
  };
  readonly state: object;
  status: number;
  body: unknown;
  respond?: boolean | undefined;
  /** Set by @koa/router and koa-router. */
  readonly _matchedRoute?: unknown;
  readonly router?: { readonly opts?: { readonly prefix?: string } };
  /** Set by koa-mount. */
  readonly mountPath?: unknown;
}

export interface ShowpadMiddleware<Events extends EventMap> {
  // It is generic because app.use() would otherwise add a type to the context of the app.
  <Context extends KoaContext>(ctx: Context, next: () => Promise<unknown>): Promise<unknown>;
  /** Add handlers and listeners to it, and close it at shutdown. */
  readonly receiver: Receiver<Events>;
}

/**
 * What a delivery leaves in `ctx.state`, for middleware that waits for the webhook.
 *
 * @example
 * ```ts
 * import Koa from 'koa';
 * import { type ShowpadState, showpadWebhooks } from '@showpad-webhooks/koa';
 *
 * const app = new Koa<ShowpadState>();
 * app.use(async (ctx, next) => {
 *   await next();
 *   const receipt = ctx.state.showpadReceipt;
 *   if (receipt) console.log(receipt.outcome, receipt.event?.type);
 * });
 * app.use(showpadWebhooks({ path: '/webhooks/showpad', keys: 'a-signature-key' }));
 * ```
 */
export interface ShowpadState {
  /** Set if the request was a delivery. */
  showpadReceipt?: Receipt;
}
