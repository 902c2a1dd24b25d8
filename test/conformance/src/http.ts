import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sendable {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Uint8Array;
  /** Sends the body chunked, in pieces of this size, without a Content-Length. */
  readonly chunkBytes?: number;
}

/** Sends one request on a connection of its own, with exactly the given headers: no client adds any. */
export function send(
  url: string,
  { method = 'POST', headers = {}, body, chunkBytes }: Sendable = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isChunked = chunkBytes !== undefined;
    const length = isChunked || method === 'HEAD' ? {} : { 'content-length': String(body?.byteLength ?? 0) };
    const outgoing = request(
      url,
      { method, headers: { ...length, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          });
        });
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    for (let at = 0; isChunked && body && at < body.byteLength; at += chunkBytes) {
      outgoing.write(body.subarray(at, at + chunkBytes));
    }
    outgoing.end(isChunked ? undefined : body);
  });
}

/** Opens a bare connection, for what an HTTP client would not send. */
export async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Gives the request line and the headers as bytes. The text of each header is UTF-8. */
export function head(url: string, headers: Readonly<Record<string, string>>, method = 'POST'): Buffer {
  const { pathname, search, host } = new URL(url);
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`, 'utf8');
}

/** Reads everything that the other side sends until it closes. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads the status of a raw answer. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}
