import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An endpoint that responds as the test says, and keeps every complete request. */
export interface OpenReceiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** What arrived of the bodies that were cut off. */
  readonly broken: readonly string[];
  /** The sizes of the pieces in which bodies arrived. */
  readonly pieces: readonly number[];
}

type Answer = (res: ServerResponse, received: Received) => void;

/** @param answers one for each request, as a status or a function. The last one is used for all further requests. */
export async function openReceiver(...answers: readonly (number | Answer)[]): Promise<OpenReceiver> {
  const received: Received[] = [];
  const broken: string[] = [];
  const pieces: number[] = [];
  let count = 0;
  const server = createServer(async (req, res) => {
    const answer = answers[Math.min(count++, answers.length - 1)] ?? 200;
    const chunks: Buffer[] = [];
    req.on('data', (chunk) => {
      chunks.push(chunk);
      pieces.push(chunk.byteLength);
    });
    try {
      const body = await buffer(req);
      const request = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, body };
      received.push(request);
      if (typeof answer === 'function') answer(res, request);
      else res.writeHead(answer).end();
    } catch {
      broken.push(Buffer.concat(chunks).toString());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/webhooks/showpad`, received, broken, pieces };
}
