import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Receiver } from '@showpad-webhooks/core';
import { findRawBody, matchesPath, writeResponse } from '@showpad-webhooks/core/node';

type Request = IncomingMessage & { originalUrl?: string; body?: unknown; rawBody?: unknown };
type AdapterListener = (adapter: HttpServer) => void;

const waiting = new WeakMap<HttpAdapterHost, AdapterListener[]>();

/**
 * Receives at `path`, before any body parser: providers are made before Nest adds its own, so what is added to
 * the HTTP server now comes first, whatever `main.ts` says of bodies.
 */
export function mountReceiver(host: HttpAdapterHost, path: string, receiver: Receiver): void {
  onAdapter(host, (adapter) => {
    const type = adapter.getType();
    if (type === 'express') mountOnExpress(adapter, path, receiver);
    else if (type === 'fastify') mountOnFastify(adapter, path, receiver);
    else
      throw new Error(
        `ShowpadWebhooksModule runs on platform-express and platform-fastify, not on "${type}".`,
      );
  });
}

/** In an app the adapter is there already; `@nestjs/testing` sets it after the providers are made. */
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
      Reflect.deleteProperty(host, 'httpAdapter'); // Nest's own accessor stands again.
      Object.assign(host, { httpAdapter: adapter });
      for (const each of listeners) each(adapter);
    },
  });
}

function mountOnExpress(adapter: HttpServer, path: string, receiver: Receiver): void {
  adapter.use?.((req: Request, res: ServerResponse, next: (error?: unknown) => void) => {
    if (matchesPath(req.url ?? '', path)) deliver(receiver, path, req, res).catch(next);
    else next();
  });
}

interface FastifyInstance {
  addHook(
    name: 'onRequest',
    hook: (
      request: { raw: Request },
      reply: { raw: ServerResponse; hijack(): void },
      done: (error?: unknown) => void,
    ) => void,
  ): void;
}

function mountOnFastify(adapter: HttpServer, path: string, receiver: Receiver): void {
  (adapter.getInstance() as FastifyInstance).addHook('onRequest', ({ raw }, reply, done) => {
    if (!matchesPath(raw.url ?? '', path)) {
      done();
      return;
    }
    reply.hijack();
    deliver(receiver, path, raw, reply.raw).catch((error) => reply.raw.destroy(error));
  });
}

async function deliver(receiver: Receiver, path: string, req: Request, res: ServerResponse): Promise<void> {
  const receipt = await receiver.receive({
    method: req.method ?? '',
    headers: req.headers,
    body: findRawBody({ req, body: req.body, rawBody: req.rawBody, mend: () => rawBodyMend(path) }),
    url: req.originalUrl ?? req.url ?? '',
  });
  writeResponse(res, receipt.response);
}

function rawBodyMend(path: string): string {
  return (
    `In this Nest app a body parser runs before ShowpadWebhooksModule and leaves no raw bytes of ${path}: it was ` +
    'given to the HTTP adapter before NestFactory.create(). Add it after, by app.useBodyParser(…) or app.use(…); ' +
    'or let it keep the bytes as req.rawBody.'
  );
}
