import type { AddressInfo } from 'node:net';
import { type CreateServer, endSessionsOf } from '@showpad-webhooks/conformance';
import { createReceiver, showpadWebhooks } from '@showpad-webhooks/fastify';
import { fastify as fastify4 } from 'fastify4';
import type { FastifyInstance } from 'fastify5';
import { fastify as fastify5 } from 'fastify5';

export interface AppOptions {
  readonly http2?: true;
  readonly rewriteUrl?: (req: { readonly url?: string }) => string;
}

export type CreateApp = (options?: AppOptions) => FastifyInstance;

/** The two majors have types of their own, and the plugin is for both. */
export const MAJORS: readonly (readonly [string, CreateApp])[] = [
  ['4', (options) => fastify4({ forceCloseConnections: !options?.http2, ...options } as object) as never],
  ['5', (options) => fastify5({ forceCloseConnections: !options?.http2, ...options } as object) as never],
];

/** The conformance suite's app. Its parser, of all other routes, never runs before the plugin. */
export function serverOn(createApp: CreateApp, protocol: 'HTTP/1.1' | 'HTTP/2' = 'HTTP/1.1'): CreateServer {
  return async ({ options, path, mountPath }) => {
    const receiver = createReceiver(options);
    const app = createApp(protocol === 'HTTP/2' ? { http2: true } : {});
    app.register(showpadWebhooks, { path, receiver, ...(mountPath && { prefix: mountPath }) });
    app.get('/hello', async () => 'hello');
    app.post('/echo', async ({ body }) => body);
    const endSessions = endSessionsOf(app.server);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const close = async () => {
      const closed = app.close();
      endSessions();
      await closed;
    };
    return { url: `http://127.0.0.1:${port}`, receiver, close };
  };
}
