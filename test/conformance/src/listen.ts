import { type EventEmitter, once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { TestServer } from './server.ts';

type Listening = Pick<TestServer, 'url' | 'close'>;

/** Serves HTTP/1.1 on a free port of the loopback interface. */
export function listenHttp(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener);
  return listenOn(server, () => server.closeAllConnections());
}

/** Serves HTTP/2 without TLS on a free port of the loopback interface. */
export function listenHttp2(
  listener: (req: Http2ServerRequest, res: Http2ServerResponse) => void,
): Promise<Listening> {
  const server = createHttp2Server(listener);
  return listenOn(server, endSessionsOf(server));
}

/** Lets a server that closes end its HTTP/2 sessions too, because clients may keep them for as long as they like. */
export function endSessionsOf(server: EventEmitter): () => void {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on('error', () => {}).on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream) => stream.on('error', () => {}));
  return () => {
    for (const session of sessions) session.destroy();
  };
}

async function listenOn(server: Server, endConnections: () => void): Promise<Listening> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      endConnections();
      await closed;
    },
  };
}
