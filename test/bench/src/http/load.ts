import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { quantile } from '../measure.ts';

export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Sends every request once over `connections` that are kept alive, each waiting for its answer. The first on each is not
 * timed: with it a connection is made, and at 256 at once they would be the slowest hundredth. Written on bare sockets,
 * since a client that costs as much as the server would be what is measured.
 *
 * @throws Error for an answer that is not 2xx: refusing is no work.
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
    const answer = await exchange(socket, request);
    if (!/^HTTP\/1\.1 2/.test(answer)) throw new Error(`answered ${answer.slice(0, 300)}`);
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

/** Sends one request and resolves to its whole answer. */
export function exchange(socket: Socket, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const onData = (text: string) => {
      answer += text;
      if (isComplete(answer)) finish();
    };
    const onClose = () =>
      finish(new Error(`the connection closed after ${JSON.stringify(answer.slice(0, 99))}`));
    function finish(error?: Error): void {
      socket.off('data', onData).off('close', onClose).off('error', onClose);
      error ? reject(error) : resolve(answer);
    }
    socket.on('data', onData).on('close', onClose).on('error', onClose);
    socket.write(request);
  });
}

function isComplete(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n');
  if (headEnd === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
  return length ? answer.length >= headEnd + 4 + Number(length) : answer.endsWith('0\r\n\r\n');
}

/** A POST as it goes over the wire. */
export function toWire(headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries({
    host: '127.0.0.1',
    'content-type': 'application/json',
    'content-length': `${body.length}`,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${PATH} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

export const PATH = '/webhooks/showpad';
