import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { open } from '@showpad-webhooks/conformance';
import {
  createNodeHandler,
  type NodeMessage,
  type NodeResponse,
  readBody,
} from '@showpad-webhooks/core/node';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { exposeGarbageCollector } from './garbage.ts';
import { headerBlock, headerFrames } from './transport/frames.ts';
import { HTTP1 } from './transport/http1.ts';
import { fieldsOf, HTTP2, openHttp2, STREAM } from './transport/http2.ts';
import { watchHeld } from './watch-held.ts';

export type ReadBody = (req: NodeMessage, limitBytes: number) => Promise<Uint8Array>;
export type Protocol = 'HTTP/1.1' | 'HTTP/2';

interface Sender {
  /** Sends more of the body, one byte at a time. */
  write(bytes: number, isLast: boolean): Promise<void>;
  destroy(): void;
}

const SENDERS: Readonly<Record<Protocol, (url: string) => Promise<Sender>>> = {
  async 'HTTP/1.1'(url) {
    const socket = await open(url);
    socket.write(
      'POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    return {
      async write(bytes, isLast) {
        socket.write('1\r\nx\r\n'.repeat(bytes) + (isLast ? '0\r\n\r\n' : ''));
      },
      destroy: () => socket.destroy(),
    };
  },
  async 'HTTP/2'(url) {
    const upload = await openHttp2(url);
    upload.writeFrames(headerFrames(STREAM, headerBlock(fieldsOf(`${url}/`, 'POST', {}))));
    return {
      write: (bytes, isLast) => upload.writeBody(Buffer.alloc(bytes, 'x'), { frameBytes: 1, ends: isLast }),
      destroy: () => upload.destroy(),
    };
  },
};

/** A busy machine needs a while for a million frames, and only the memory is measured. */
const readPatiently: ReadBody = (req, limitBytes) => readBody(req, limitBytes, { timeoutMs: 300_000 });

/**
 * Sends a body one byte at a time, in chunks or in frames, and measures the memory that its reader holds just before the last
 * byte.
 *
 * @returns the memory as a multiple of the body.
 */
export async function measureHeldMemory(
  protocol: Protocol,
  bodyBytes: number,
  read: ReadBody = readPatiently,
): Promise<number> {
  const server: Server = protocol === 'HTTP/2' ? createHttp2Server() : createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sender = await SENDERS[protocol](`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [req, res] = (await once(server, 'request')) as [IncomingMessage, NodeResponse];

  const before = await usedBytes();
  const reading = read(req, bodyBytes);
  const arrival = new Promise<void>((resolve) => {
    let arrived = 0;
    req.on('data', (chunk: Buffer) => {
      arrived += chunk.length;
      if (arrived === bodyBytes - 1) resolve();
    });
  });
  await sender.write(bodyBytes - 1, false);
  await arrival;
  const held = (await usedBytes()) - before;
  await sender.write(1, true);
  const { byteLength } = await reading;
  if (byteLength !== bodyBytes) throw new Error(`${byteLength} bytes arrived, and ${bodyBytes} were sent.`);
  res.end();
  sender.destroy();
  server.close();
  return held / bodyBytes;
}

export interface Flood {
  readonly uploads: number;
  readonly uploadBytes: number;
  readonly maxBytesInFlight: number;
}

/**
 * Sends uploads without their last byte, and with a signature of the right form.
 *
 * @returns the bytes that are in use when the receiver has read or refused them all.
 */
export async function measureFlood(
  protocol: Protocol,
  { uploads, uploadBytes, maxBytesInFlight }: Flood,
): Promise<number> {
  const { telemetry, now } = watchHeld();
  const handler = createNodeHandler({ path: '/', keys: 'flood-key', maxBytesInFlight, telemetry });
  let refused = 0;
  handler.receiver.onError(() => refused++);
  const server = protocol === 'HTTP/2' ? createHttp2Server(handler) : createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { upload } = protocol === 'HTTP/2' ? HTTP2 : HTTP1;
  const { method, headers } = signedDelivery({ body: '{}' }, { key: 'another-key' });
  const body = Buffer.alloc(uploadBytes - 1, 'x');
  const request = { method, headers: { ...headers, 'content-length': String(uploadBytes) }, body };

  const before = await usedBytes();
  const sent = await Promise.all(
    Array.from({ length: uploads }, async () => {
      const sending = await upload(url, request);
      void sending.write(body);
      return sending;
    }),
  );
  const isOver = () => now() === (uploads - refused) * body.length;
  while (!isOver()) await new Promise(setImmediate);
  const held = (await usedBytes()) - before;
  for (const { destroy } of sent) destroy();
  server.close();
  await handler.receiver.close();
  return held;
}

/** The bytes in use after the garbage is gone. Some of it, such as buffers that were written, is let go a few turns later. */
async function usedBytes(): Promise<number> {
  const collectGarbage = exposeGarbageCollector();
  for (let turn = 0; turn < 5; turn++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
