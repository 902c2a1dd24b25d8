import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface OpenRequest {
  /** The side of the server. Nothing was read or answered yet. */
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The side of the sender. */
  readonly client: Socket;
}

/** Sends these lines to a server of node:http, word for word, and leaves the connection open. */
export async function openRequest(...lines: string[]): Promise<OpenRequest> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  });
  client.on('error', () => {}).write(lines.join('\r\n'));
  const [req, res] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  return { req, res, client };
}

/** A POST whose body may follow with `client.write`. */
export function openPost(lengthBytes: number, body = ''): Promise<OpenRequest> {
  return openRequest('POST / HTTP/1.1', 'Host: localhost', `Content-Length: ${lengthBytes}`, '', body);
}

/** How many listen to the stream, by event. */
export function listenerCounts(req: IncomingMessage): Readonly<Record<string, number>> {
  const events = ['data', 'end', 'error', 'close', 'readable'];
  return Object.fromEntries(events.map((event) => [event, req.listenerCount(event)]));
}
