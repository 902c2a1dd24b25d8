import type { AnyReceiver } from '@showpad-webhooks/core';
import { createNodeHandler, matchesPath } from '@showpad-webhooks/core/node';
import type { onRequestHookHandler } from 'fastify';

export interface AdapterOptions {
  readonly path: string;
  readonly receiver: AnyReceiver;
}

/** Receives Showpad webhooks in a Fastify app. An `onRequest` hook runs before all parsers, and also if no route matches. */
export function showpadWebhooks({ path, receiver }: AdapterOptions): onRequestHookHandler {
  const explainMissingBody = () => `Add the hook for ${path} before the hook that reads the body.`;
  const handler = createNodeHandler({ path, receiver }, { explainMissingBody });
  return ({ raw }, reply, done) => {
    if (!matchesPath(raw.url ?? '', path)) {
      done();
      return;
    }
    reply.hijack(); // The handler writes the whole response, and nothing else in the app takes part in it.
    handler(raw, reply.raw);
  };
}
