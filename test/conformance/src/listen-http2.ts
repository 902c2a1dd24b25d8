import { once } from 'node:events';
import {
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TestServer } from './server.ts';

/** Serves HTTP/2 without TLS on a free port of the loopback interface. */
export async function listenHttp2(
  listener: (req: Http2ServerRequest, res: Http2ServerResponse) => void,
): Promise<Pick<TestServer, 'url' | 'close'>> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer(listener).listen(0, '127.0.0.1');
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {}).on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => stream.on('error', () => {}));
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}
