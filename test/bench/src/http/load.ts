import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { quantile } from '../measure.ts';

export const PATH = '/webhooks/showpad';

export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Sends every request once. Each of the `connections` stays open and waits for a response before it sends again. The
 * first request of a connection is not timed: a server does extra work for it, and 256 of them would be most of the
 * slowest 1 %. It uses bare sockets, because an HTTP client would cost as much as the server.
 *
 * @throws Error if a response is not 2xx, because rejecting is less work.
 */
export async function sendLoad(
  port: number,
  connections: number,
  requests: readonly Buffer[],
): Promise<Load> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const left = requests.values();
  const times: number[] = [];
  let startedAt = 0;
  const send = async (socket: Socket, request: Buffer) => {
    const response = await exchange(socket, request);
    if (!/^HTTP\/1\.1 2/.test(response)) {
      throw new Error(`A delivery was answered with ${response.slice(0, 300)}`);
    }
  };
  try {
    await Promise.all(sockets.map((socket) => send(socket, left.next().value as Buffer)));
    startedAt = performance.now();
    await Promise.all(
      sockets.map(async (socket) => {
        for (const request of left) {
          const sentAt = performance.now();
          await send(socket, request);
          times.push(performance.now() - sentAt);
        }
      }),
    );
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: times.length / seconds, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}

export async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket.setEncoding('latin1');
}

/** Sends one request, and resolves to the whole response. */
export function exchange(socket: Socket, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let response = '';
    const stopListening = () => socket.off('data', onData).off('close', onClose).off('error', onClose);
    const onData = (text: string) => {
      response += text;
      if (!isComplete(response)) return;
      stopListening();
      resolve(response);
    };
    const onClose = () => {
      stopListening();
      reject(new Error(`The connection closed after ${JSON.stringify(response.slice(0, 99))}.`));
    };
    socket.on('data', onData).on('close', onClose).on('error', onClose);
    socket.write(request);
  });
}

function isComplete(response: string): boolean {
  const headEnd = response.indexOf('\r\n\r\n');
  if (headEnd === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(response)?.[1];
  return length ? response.length >= headEnd + 4 + Number(length) : response.endsWith('0\r\n\r\n');
}

/** Returns the bytes of a POST request. */
export function toWire(headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries({
    host: '127.0.0.1',
    'content-type': 'application/json',
    'content-length': `${body.length}`,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${PATH} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}
