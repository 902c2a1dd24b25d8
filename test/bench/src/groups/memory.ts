import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { eventBody } from '../bodies.ts';
import { type BenchChild, startChild } from '../http/child.ts';
import { exchange, open, toWire } from '../http/load.ts';
import type { Variant } from '../http/servers.ts';
import { HAND_WRITTEN, MIDDLEWARE } from '../names.ts';
import { showpadHeaders } from '../peers.ts';
import type { Result } from '../results.ts';

const MEBIBYTE = 1_048_576;
const UPLOADERS = 64;
/** A server that spends less CPU time than this in `IDLE_MS` has nothing left to read. Sampling memory costs some. */
const IDLE_CPU_MS = 20;
const IDLE_MS = 200;

export interface MemoryPace {
  readonly inFlight: number;
  readonly oversized: number;
}

/** Measures by how much the memory of an Express server grows. Each number comes from a new process. */
export async function measureMemory({ inFlight, oversized }: MemoryPace): Promise<Result[]> {
  const results: Result[] = [];
  for (const row of [HAND_WRITTEN, MIDDLEWARE] as const) {
    const cell = { table: 'Memory of the Express server', row, unit: 'MB' as const };
    results.push({
      ...cell,
      column: `${inFlight.toLocaleString('en')} deliveries of 1 MB at once`,
      value: await peakGrowth(row, (server) => deliverAtOnce(server, inFlight)),
    });
    results.push({
      ...cell,
      column: `${oversized.toLocaleString('en')} rejected uploads of 2 MB`,
      value: await peakGrowth(row, ({ port }) => uploadOversized(port, oversized)),
    });
  }
  return results;
}

/** Returns by how many MB the peak is above what the process held before the work. */
async function peakGrowth(variant: Variant, work: (server: BenchChild) => Promise<void>): Promise<number> {
  const server = await startChild('Express', variant);
  try {
    await deliverAtOnce(server, 1);
    const { rssBytes } = await server.ask('memory');
    await work(server);
    const { peakBytes } = await server.ask('memory');
    return (peakBytes - rssBytes) / MEBIBYTE;
  } finally {
    server.stop();
  }
}

/** Sends the last bytes only after the server has read the rest, so that it holds all bodies at the same time. */
async function deliverAtOnce(server: BenchChild, count: number): Promise<void> {
  const lastByte = Buffer.from('}');
  // All are created before the first is sent. Otherwise the server would time out while it waits for the first.
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
  const responses = await Promise.all(sockets.map((socket) => exchange(socket, lastByte)));
  for (const socket of sockets) socket.destroy();
  const other = responses.find((response) => !response.startsWith('HTTP/1.1 200 '));
  if (other) throw new Error(`A delivery was answered with ${other.slice(0, 300)}`);
}

/** Written bytes may still be in the system's buffers. They are all read once the server has nothing left to do. */
async function becomesIdle(server: BenchChild): Promise<void> {
  let { cpuMs: spentMs } = await server.ask('cpu');
  for (;;) {
    await setTimeout(IDLE_MS);
    const { cpuMs } = await server.ask('cpu');
    if (cpuMs - spentMs < IDLE_CPU_MS) return;
    spentMs = cpuMs;
  }
}

/** Sends bodies over the limit with headers that are valid otherwise. The senders go on whatever the response is. */
async function uploadOversized(port: number, count: number): Promise<void> {
  const headers = { ...showpadHeaders(eventBody(1_024)), 'content-length': `${2 * MEBIBYTE}` };
  const upload = toWire(headers, Buffer.alloc(2 * MEBIBYTE));
  let left = count;
  const send = async () => {
    while (left-- > 0) {
      const socket = await open(port);
      const response = await exchange(socket, upload);
      socket.destroy();
      if (!/^HTTP\/1\.1 4\d\d /.test(response)) {
        throw new Error(`An upload of 2 MB was answered with ${response.slice(0, 300)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: UPLOADERS }, send));
}
