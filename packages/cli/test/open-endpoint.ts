import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createRouteHandler } from '@showpad-webhooks/core/node';
import { onTestFinished } from 'vitest';

export const KEY = 'a-signature-key';

/** A server of this test, on a port of its own. */
export async function openServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/showpad`;
}

export interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An endpoint that answers with the statuses in turn, then with the last one, and keeps what it received. */
export async function openEndpoint(
  ...statuses: readonly number[]
): Promise<{ readonly url: string; readonly received: readonly Received[] }> {
  const received: Received[] = [];
  const url = await openServer(async (req, res) => {
    const status = statuses[Math.min(received.length, statuses.length - 1)] ?? 200;
    received.push({ method: req.method, url: req.url, headers: req.headers, body: await buffer(req) });
    res.writeHead(status, { 'content-type': 'text/plain' }).end(`answer ${status}`);
  });
  return { url, received };
}

/** An endpoint that answers like the receivers of this project. */
export async function openAnswer(status: number, outcome: string, code?: string): Promise<string> {
  return openServer((req, res) => {
    req.resume().once('end', () => res.writeHead(status).end(JSON.stringify({ outcome, code })));
  });
}

/** An endpoint as this project's packages make one. */
export async function openReceiver(): Promise<{
  readonly url: string;
  readonly handled: readonly unknown[];
}> {
  const handled: unknown[] = [];
  const receive = createRouteHandler({ keys: KEY });
  receive.receiver.onAny((event) => void handled.push(event.data));
  const url = await openServer((req, res) => receive(req, res));
  return { url, handled };
}

/** A URL that nothing listens on. */
export async function closedUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/webhooks/showpad`;
}
