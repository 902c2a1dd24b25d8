import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { AnyReceiver } from '@showpad-webhooks/core';
import { createNodeHandler, createRouteHandler, matchesPath } from '@showpad-webhooks/core/node';

type AdapterListener = (adapter: HttpServer) => void;

const waiting = new WeakMap<HttpAdapterHost, AdapterListener[]>();

/**
 * Receives at `path`, before any body parser. Nest creates providers before it adds its own parsers, so what is added to the
 * HTTP server now comes first, whatever `main.ts` says about bodies.
 */
export function mountReceiver(host: HttpAdapterHost, path: string, receiver: AnyReceiver): void {
  onAdapter(host, (adapter) => {
    const type = adapter.getType();
    if (type === 'express') mountOnExpress(adapter, path, receiver);
    else if (type === 'fastify') mountOnFastify(adapter, path, receiver);
    else {
      throw new Error(
        `ShowpadWebhooksModule supports platform-express and platform-fastify, but this app runs on "${type}".`,
      );
    }
  });
}

/** In an app the adapter is there already. `@nestjs/testing` sets it after the providers are created. */
function onAdapter(host: HttpAdapterHost, listener: AdapterListener): void {
  if (host.httpAdapter) {
    listener(host.httpAdapter);
    return;
  }
  const listeners = waiting.get(host) ?? [];
  listeners.push(listener);
  if (listeners.length > 1) return;
  waiting.set(host, listeners);
  Object.defineProperty(host, 'httpAdapter', {
    configurable: true,
    get: () => undefined,
    set: (adapter: HttpServer) => {
      Reflect.deleteProperty(host, 'httpAdapter'); // This brings Nest's own accessor back.
      Object.assign(host, { httpAdapter: adapter });
      for (const each of listeners) each(adapter);
    },
  });
}

function mountOnExpress(adapter: HttpServer, path: string, receiver: AnyReceiver): void {
  adapter.use?.(
    createNodeHandler({ path, receiver }, { explainMissingBody: () => explainMissingBody(path) }),
  );
}

interface FastifyInstance {
  addHook(
    name: 'onRequest',
    hook: (
      request: { raw: IncomingMessage },
      reply: { raw: ServerResponse; hijack(): void },
      done: () => void,
    ) => void,
  ): void;
}

function mountOnFastify(adapter: HttpServer, path: string, receiver: AnyReceiver): void {
  const receive = createRouteHandler(receiver, { explainMissingBody: () => explainMissingBody(path) });
  (adapter.getInstance() as FastifyInstance).addHook('onRequest', ({ raw }, reply, done) => {
    if (!matchesPath(raw.url ?? '', path)) {
      done();
      return;
    }
    reply.hijack();
    receive(raw, reply.raw);
  });
}

function explainMissingBody(path: string): string {
  return (
    'In this Nest app a body parser was added to the HTTP adapter before NestFactory.create(). It parses the body before the ' +
    `webhook, so the raw bytes of ${path} are gone. Add the parser after create(), with app.useBodyParser(…) or app.use(…), ` +
    'or let it keep the bytes as req.rawBody.'
  );
}
