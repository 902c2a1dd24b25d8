import type { EventMap, Receiver } from '@showpad-webhooks/core';
import { checkPath, findRawBody, matchesPath, toHeaders, writeResponse } from '@showpad-webhooks/core/node';
import type { onRequestHookHandler } from 'fastify';

/**
 * Receives Showpad webhooks at `path` of a Fastify app, as its `onRequest` hook: that runs before
 * Fastify's parsers, and also where no route matches.
 */
export function showpadWebhooks<Events extends EventMap>(
  receiver: Receiver<Events>,
  { path }: { readonly path: string },
): onRequestHookHandler {
  checkPath(path);
  return ({ raw }, reply, done) => {
    if (!matchesPath(raw.url ?? '', path)) {
      done();
      return;
    }
    reply.hijack(); // The receipt is the whole answer: nothing of the app has a part in it.
    receiver
      .receive({
        method: raw.method ?? '',
        headers: toHeaders(raw),
        body: findRawBody({
          req: raw,
          mend: () => `Add the hook of ${path} before the one that reads its body.`,
        }),
        url: raw.url ?? '',
      })
      .then((receipt) => writeResponse(reply.raw, receipt.response))
      .catch((error) => reply.raw.destroy(error));
  };
}
