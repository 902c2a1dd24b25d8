import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { EventMap, Receipt, ShowpadEventMap } from '@showpad-webhooks/core';

/** What body parsers leave: Koa's on `ctx.request`, some on `ctx.req` too, as serverless platforms do. */
interface ParsedBody {
  readonly body?: unknown;
  readonly rawBody?: unknown;
}

/** What this middleware uses of a Koa 2 or 3 context. */
export interface KoaContext {
  readonly app: { readonly middleware: readonly { readonly name: string }[] };
  readonly req: IncomingMessage & ParsedBody;
  readonly res: ServerResponse;
  readonly request: ParsedBody & {
    readonly method: string;
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
  /** Set by koa-mount. */
  readonly mountPath?: unknown;
}

/**
 * What a delivery leaves in `ctx.state`, for middleware that waits for this one.
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
 * app.use(showpadWebhooks({ keys: 'a-signature-key' }, { path: '/webhooks/showpad' }));
 * ```
 */
export interface ShowpadState<Events extends EventMap = ShowpadEventMap> {
  /** Of this request; missing where it was no delivery. */
  showpadReceipt?: Receipt<Events>;
}
