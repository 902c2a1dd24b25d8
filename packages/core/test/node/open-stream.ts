import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

type Listener = (req: Http2ServerRequest, res: Http2ServerResponse) => void;

export interface Http2Peer {
  readonly client: ClientHttp2Session;
  /** The streams that the server has open. */
  readonly streams: ReadonlySet<ServerHttp2Stream>;
  /** Sends the headers of a POST, whose body may follow. */
  post(headers?: Readonly<Record<string, string>>): ClientHttp2Stream;
}

/** Starts a server of node:http2 and connects to it, without TLS. */
export async function serveHttp2(listener: Listener, settings: Settings = {}): Promise<Http2Peer> {
  const streams = new Set<ServerHttp2Stream>();
  const server = createServer(listener).listen(0, '127.0.0.1');
  server.on('stream', (stream) => {
    streams.add(stream);
    stream.on('error', () => {}).on('close', () => streams.delete(stream));
  });
  await once(server, 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { settings });
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  client.on('error', () => {});
  const post = (headers = {}) => {
    const stream = client.request({ ':method': 'POST', ':path': '/', ...headers }, { endStream: false });
    return stream.on('error', () => {});
  };
  return { client, streams, post };
}

export interface OpenStream extends Http2Peer {
  readonly req: Http2ServerRequest;
  readonly res: Http2ServerResponse;
  /** The side of the sender. */
  readonly stream: ClientHttp2Stream;
}

/** Begins a POST over HTTP/2. Nothing was read or answered yet. */
export async function openStream(
  headers: Readonly<Record<string, string>> = {},
  settings: Settings = {},
): Promise<OpenStream> {
  const requests: [Http2ServerRequest, Http2ServerResponse][] = [];
  const peer = await serveHttp2((...request) => requests.push(request), settings);
  const stream = peer.post(headers);
  while (requests.length === 0) await new Promise(setImmediate);
  const [req, res] = requests[0] as [Http2ServerRequest, Http2ServerResponse];
  return { ...peer, req, res, stream };
}

/** Resolves when the condition holds. The time limit of the test is the deadline. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate);
}
