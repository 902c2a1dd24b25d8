import type { Socket } from 'node:net';
import { open, readAll } from '@showpad-webhooks/conformance';
import type { HostileHeaders } from '../entry.ts';
import type { HostileAnswer, Transport, Upload } from './transport.ts';

export const HTTP1: Transport = {
  unknownLength: { 'transfer-encoding': 'chunked' },
  chunk: (bytes) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]),

  async send(url, { method, headers, body }) {
    const length = { 'content-length': String(body.byteLength) };
    return parseAnswer(
      await exchange(url, Buffer.concat([headOf(url, method, { ...length, ...headers }), body])),
    );
  },

  async upload(url, { method, headers }) {
    const socket = await open(url);
    socket.write(headOf(url, method, headers));
    return uploadOn(socket);
  },
};

function uploadOn(socket: Socket): Upload {
  let received = '';
  socket.on('data', (chunk) => {
    received += String(chunk);
  });
  const closed = new Promise<void>((resolve) => socket.on('error', () => {}).on('close', () => resolve()));
  return {
    write: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    async until(text) {
      while (!received.includes(text)) await new Promise((resolve) => socket.once('data', resolve));
    },
    answer: closed.then(() => parseAnswer(received)),
    destroy: () => socket.destroy(),
  };
}

function parseAnswer(received: string): HostileAnswer {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  const body = rest.join('\r\n\r\n');
  const isChunked = /^transfer-encoding: *chunked/im.test(head);
  return {
    status: status === undefined ? undefined : Number(status),
    body: isChunked ? joinChunks(body) : body,
  };
}

/** The body of an answer that was sent in chunks, each after its length. All answers are ASCII. */
function joinChunks(chunks: string): string {
  const [size = ''] = chunks.split('\r\n', 1);
  const length = Number.parseInt(size, 16);
  if (!(length > 0)) return '';
  const start = size.length + 2;
  return chunks.slice(start, start + length) + joinChunks(chunks.slice(start + length + 2));
}

/** Writes headers as bytes, because an HTTP client would refuse to send these. */
function headOf(url: string, method: string, headers: HostileHeaders): Buffer {
  const { host, pathname, search } = new URL(url);
  const lines = Object.entries({ host, connection: 'close', ...headers }).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}\r\n`),
  );
  return Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`, 'utf8');
}

export interface ExchangeOptions {
  /** True to end this side after the bytes. */
  readonly endsAfter?: boolean;
  /** What ends the exchange, from a server that does not close the connection. */
  readonly until?: string | undefined;
}

/** Sends bytes, and gives everything that comes back until the other side closes. */
export async function exchange(
  url: string,
  bytes: Buffer,
  { endsAfter = false, until }: ExchangeOptions = {},
): Promise<string> {
  const socket = await open(url);
  const failed = new Promise<never>((_resolve, reject) => socket.once('error', reject));
  if (endsAfter) socket.end(bytes);
  else socket.write(bytes);
  const received: Buffer[] = [];
  socket.on('data', (chunk) => {
    received.push(chunk);
    if (until !== undefined && Buffer.concat(received).includes(until)) socket.destroy();
  });
  try {
    await Promise.race([readAll(socket), failed]);
  } catch {
    // A connection that is cut ends too, and what came before the cut counts.
  } finally {
    socket.destroy();
  }
  return Buffer.concat(received).toString('utf8');
}
