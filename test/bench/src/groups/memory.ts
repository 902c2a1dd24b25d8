import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { eventBody } from '../bodies.ts';
import { type BenchChild, startChild } from '../http/child.ts';
import { exchange, open, PATH, toWire } from '../http/load.ts';
import type { Variant } from '../http/servers.ts';
import { showpadHeaders } from '../peers.ts';
import type { Result } from '../results.ts';

const MEBIBYTE = 1_048_576;
const UPLOADERS = 64;
/** A server that spends less than this, in so long, has read what there is. Its samples of its memory cost some as well. */
const IDLE_CPU_MS = 20;
const IDLE_MS = 200;

export interface MemoryPace {
  readonly inFlight: number;
  readonly oversized: number;
}

/** Of Express, with ours and by hand, each figure in a process of its own. */
export async function measureMemory({ inFlight, oversized }: MemoryPace): Promise<Result[]> {
  const results: Result[] = [];
  for (const name of ['by hand', 'ours'] as const) {
    const row = { group: 'memory of the Express server', name, unit: 'MB' as const };
    const held = await peakGrowth(name, (server) => deliverAtOnce(server, inFlight));
    results.push({ ...row, at: `${inFlight.toLocaleString('en')} deliveries of 1 MB at once`, value: held });
    const refused = await peakGrowth(name, ({ port }) => uploadOversized(port, oversized));
    results.push({ ...row, at: `${oversized.toLocaleString('en')} uploads of 2 MB refused`, value: refused });
  }
  return results;
}

/** By how many MB the process's peak rises above what it held once warm. */
async function peakGrowth(variant: Variant, work: (server: BenchChild) => Promise<void>): Promise<number> {
  const server = await startChild('Express', variant);
  const { ask, stop } = server;
  try {
    await deliverAtOnce(server, 1);
    const { rssBytes } = await ask('memory');
    await work(server);
    const { peakBytes } = await ask('memory');
    return (peakBytes - rssBytes) / MEBIBYTE;
  } finally {
    stop();
  }
}

/** The server has read all but the last byte of each before any last byte is sent. */
async function deliverAtOnce(server: BenchChild, count: number): Promise<void> {
  const lastByte = Buffer.from('}');
  // Made before the first is sent, or the server would find the first too slow.
  const requests = Array.from({ length: count }, () => {
    const body = eventBody(MEBIBYTE);
    return toWire(showpadHeaders(body), body).subarray(0, -1);
  });
  const sockets: Socket[] = [];
  for (const request of requests) {
    const socket = await open(server.port);
    sockets.push(socket);
    if (!socket.write(request)) await once(socket, 'drain');
  }
  await becomesIdle(server);
  const answers = await Promise.all(sockets.map((socket) => exchange(socket, lastByte)));
  for (const socket of sockets) socket.destroy();
  const other = answers.find((answer) => !answer.startsWith('HTTP/1.1 200 '));
  if (other) throw new Error(`answered ${other.slice(0, 300)}`);
}

/** What was written may stand in the system's buffers for a while: all is read once the server has nothing to do. */
async function becomesIdle({ ask }: BenchChild): Promise<void> {
  for (let spentMs = Number.NaN; ; ) {
    const { cpuMs } = await ask('cpu');
    if (cpuMs - spentMs < IDLE_CPU_MS) return;
    spentMs = cpuMs;
    await setTimeout(IDLE_MS);
  }
}

/** Signed well and larger than the limit, by senders that go on sending whatever they are answered. */
async function uploadOversized(port: number, count: number): Promise<void> {
  const headers = { ...showpadHeaders(eventBody(1_024)), 'content-length': `${2 * MEBIBYTE}` };
  const upload = toWire(headers, Buffer.alloc(2 * MEBIBYTE));
  let left = count;
  const send = async () => {
    while (left-- > 0) {
      const socket = await open(port);
      const answer = await exchange(socket, upload);
      socket.destroy();
      if (!/^HTTP\/1\.1 4\d\d /.test(answer)) throw new Error(`${PATH} answered ${answer.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: UPLOADERS }, send));
}
