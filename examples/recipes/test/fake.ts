import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body, if it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: each vendor has a shape of its own.
  readonly body: any;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The connection breaks. */
export const NO_ANSWER: Reply = { status: 0 };

/** Starts a server in place of a vendor's API. */
export async function startFake(answer: (request: FakeRequest) => Reply): Promise<string> {
  const server = createServer(async (req, res) => {
    const bytes = await buffer(req);
    const text = (req.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    const body = text.startsWith('{') ? JSON.parse(text) : text;
    const {
      status,
      headers,
      body: reply,
    } = answer({
      method: req.method ?? '',
      path: req.url ?? '',
      headers: req.headers,
      body,
    });
    if (status === NO_ANSWER.status) return void req.socket.destroy();
    const isText = typeof reply === 'string';
    res.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
    res.end(isText ? reply : JSON.stringify(reply ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
