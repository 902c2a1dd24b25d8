import { type EventEmitter, once } from 'node:events';
import {
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TestServer } from './server.ts';

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

/** Serves HTTP/2 without TLS on a free port of the loopback interface. */
export async function listenHttp2(
  listener: (req: Http2ServerRequest, res: Http2ServerResponse) => void,
): Promise<Pick<TestServer, 'url' | 'close'>> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  const endSessions = endSessionsOf(server);
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      endSessions();
      await closed;
    },
  };
}
