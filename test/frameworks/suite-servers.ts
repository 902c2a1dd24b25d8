import type { RequestListener } from 'node:http';
import { type CreateServer, listenHttp } from '@showpad-webhooks/conformance';
import { createReceiver } from '@showpad-webhooks/core';
import { createFetchHandler, type FetchHandler } from '@showpad-webhooks/fetch';

type Receive = (request: Request) => Promise<Response>;

/** What answers at each port. */
const handlers = new Map<string, Receive>();

/**
 * The route of a built app calls this if it runs in this process, and otherwise the handler of the example. The app passes
 * its request on, so everything but the receiver is as in production.
 */
const receiveInSuite: Receive = (request) => {
  const receive = handlers.get(portOf(request.headers.get('host') ?? ''));
  if (!receive) throw new Error('The request came to no server of the suite.');
  return receive(request);
};
Object.assign(globalThis, { receiveInSuite });

function portOf(host: string): string {
  return host.slice(host.indexOf(':') + 1);
}

/**
 * Serves one built app in this process, on a port of its own for each receiver. If a parser comes first, the host is
 * `localhost`: then the app reads the body before its route does.
 */
export function serversOn(listener: RequestListener): CreateServer {
  return async ({ options, parser }) => {
    const receiver = createReceiver(options);
    const { url, close } = await listenHttp(listener);
    const { host, port } = new URL(url);
    handlers.set(port, createFetchHandler(receiver) as FetchHandler<never>);
    return {
      url: url.replace(host, `${parser === 'before' ? 'localhost' : '127.0.0.1'}:${port}`),
      receiver,
      close: async () => {
        await close();
        handlers.delete(port);
      },
    };
  };
}
