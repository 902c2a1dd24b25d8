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

const ATTEMPTS = 4;

/** Starts something on a free port. If another program takes that port in the meantime, it tries again with another one. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
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
