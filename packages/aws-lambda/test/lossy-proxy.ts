import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface LossyProxy {
  readonly url: string;
  /** The response to the first call of so many writes is lost from now on. The SDK sends each of them again. */
  lostWrites: number;
  close(): Promise<void>;
}

/** Passes requests on to DynamoDB. To lose a response, it closes the connection when DynamoDB has done its work. */
export async function startLossyProxy(target: string): Promise<LossyProxy> {
  let isLost = false;
  const server = createServer(async (req, res) => {
    const { 'content-length': _, host: __, connection: ___, ...headers } = req.headers;
    const body = new Uint8Array(await buffer(req));
    const response = await fetch(target, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body,
    });
    const answer = Buffer.from(await response.arrayBuffer());
    const isRead = String(headers['x-amz-target']).endsWith('.GetItem');
    isLost = !isRead && !isLost; // Every second write is the retry of the first.
    if (isLost && proxy.lostWrites > 0) {
      proxy.lostWrites--;
      res.destroy();
    } else res.writeHead(response.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lostWrites: 0,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return proxy;
}
