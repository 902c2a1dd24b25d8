import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Sends a message, and resolves to the first bytes of the response, or to none if the server does not respond. */
export function ask(port: number, message: string | Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(message));
    const nothing = Buffer.alloc(0);
    socket.once('data', (response) => {
      resolve(response);
      socket.destroy();
    });
    socket.once('error', () => resolve(nothing));
    socket.once('close', () => resolve(nothing));
  });
}
