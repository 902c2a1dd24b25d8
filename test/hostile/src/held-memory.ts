import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { readBody } from '@showpad-webhooks/core/node';
import { exposeGarbageCollector } from './garbage.ts';

export type ReadBody = (req: IncomingMessage, limitBytes: number) => Promise<Uint8Array>;

const CHUNK = '1\r\nx\r\n';

/**
 * Sends a body in chunks of one byte, and measures the memory that its reader holds just before the last chunk.
 *
 * @returns the memory as a multiple of the body.
 */
export async function measureHeldMemory(bodyBytes: number, read: ReadBody = readBody): Promise<number> {
  const collectGarbage = exposeGarbageCollector();
  const usedBytes = () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const allButOne = Buffer.from(CHUNK.repeat(bodyBytes - 1));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(
    'POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  const [req, res] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];

  const before = usedBytes();
  const reading = read(req, bodyBytes);
  socket.write(allButOne);
  await new Promise<void>((resolve) => {
    let arrived = 0;
    req.on('data', (chunk: Buffer) => {
      arrived += chunk.length;
      if (arrived === allButOne.length / CHUNK.length) resolve();
    });
  });
  const held = usedBytes() - before;
  socket.write(`${CHUNK}0\r\n\r\n`);
  const { byteLength } = await reading;
  if (byteLength !== bodyBytes) throw new Error(`${byteLength} bytes arrived, and ${bodyBytes} were sent.`);
  res.end();
  socket.destroy();
  server.close();
  return held / bodyBytes;
}
