import type { AnyReceiver, Receipt, ShowpadEventMap } from '@showpad-webhooks/core';
import {
  checkPath,
  type HandlerSource,
  matchesPath,
  type NodeRequest,
  RECEIVER_OPTIONS,
  receiveNodeRequest,
  type ShowpadWebhooksOptions,
  toReceiver,
} from '@showpad-webhooks/core/node';
import { checkKnown } from '@showpad-webhooks/core/shared';
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  RegisterOptions,
} from 'fastify';
import { respond } from './respond.ts';
import { routePaths, withoutPrefix } from './route-paths.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set if the request was a delivery, for the `onSend` and `onResponse` hooks of the app. */
    showpadReceipt?: Receipt;
  }
}

/** Where to receive, and the options of the receiver or a receiver of your own, whatever events it knows. */
export type ShowpadPluginOptions = (
  | ShowpadWebhooksOptions
  | { readonly path: string; readonly receiver: AnyReceiver }
) &
  RegisterOptions;

/** What Fastify itself understands at `register`. */
const OF_FASTIFY: Readonly<Record<keyof RegisterOptions, true>> = {
  prefix: true,
  logLevel: true,
  logSerializers: true,
};

/**
 * Receives Showpad webhooks in a Fastify app. It adds a route for `path`, and changes nothing for other routes. The exact bytes
 * are read before any parser and before any `preParsing` hook, whichever the app has. Under a prefix, `path` may contain the
 * prefix or leave it out.
 *
 * The `onRequest` hooks of the app run before it. The receiver that it makes from options is closed when the app is closed, and
 * is started when the app is ready if it has an inbox. A receiver of your own is yours to start and close.
 *
 * @throws TypeError, at `ready()` or `listen()`, for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import fastify from 'fastify';
 * import { showpadWebhooks } from '@showpad-webhooks/fastify';
 *
 * const app = fastify();
 * app.register(showpadWebhooks, {
 *   path: '/webhooks/showpad',
 *   keys: 'a-signature-key',
 *   on: { 'shared-space-user-added': (event) => console.log(event.data.invitee.email) },
 * });
 * ```
 */
export const showpadWebhooks: FastifyPluginAsync<ShowpadPluginOptions> = async (app, options) => {
  const { path, prefix: _1, logLevel: _2, logSerializers: _3, ...source } = options;
  checkKnown(options, { ...RECEIVER_OPTIONS, path, receiver: true, ...OF_FASTIFY });
  checkPath(path);
  const receiver = toReceiver(source as HandlerSource<ShowpadEventMap, object>);
  if (!source.receiver) lookAfter(app, receiver, source);

  const prefix = app.prefix.replace(/\/$/, '');
  const rest = withoutPrefix(path, prefix);
  // If a prefix has parameters, only what comes after it is known.
  const isOwnUrl = (url: string) =>
    /[:*]/.test(prefix) ? matchesPath('/', rest, url) : matchesPath(url, prefix + rest);

  async function receive(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const receipt = await receiveNodeRequest(receiver, request.raw as NodeRequest, {
      url: request.originalUrl,
      rawBody: (request as { readonly rawBody?: unknown }).rawBody, // An earlier hook of the app may have read it.
      explainMissingBody: () => EXPLANATION,
    });
    request.showpadReceipt = receipt;
    respond(reply, receipt.response);
  }

  // It calls `done` only for an error. After `done`, or the end of an async hook, Fastify would parse the body and answer again
  // while an onSend hook of the app still works on the response.
  function onRequest(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    // Fastify decodes the path before it looks for a route, and other letters are not the path of the webhook.
    if (isOwnUrl(request.url)) receive(request, reply).catch(done);
    else reply.callNotFound();
  }

  // All of the route happens in its hook, because Fastify parses the body before it calls a handler.
  const handler = () => {
    throw new Error('The hook of this route has answered.');
  };
  for (const url of routePaths(app, rest)) app.route({ method: METHODS, url, onRequest, handler });
};

/** The route takes all of these, so that a wrong method gets a 405 from the receiver and not a 404. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const EXPLANATION =
  'In this Fastify app an onRequest hook reads the body before the webhook. Let the hook leave the path of the webhook alone, ' +
  'or register the webhook before the hook.';

/** Starts and closes a receiver that this plugin made. */
function lookAfter(app: FastifyInstance, receiver: AnyReceiver, options: { readonly inbox?: unknown }): void {
  if (options.inbox) app.addHook('onReady', () => receiver.start());
  app.addHook('onClose', () => receiver.close());
}
