import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { takeClient } from '../src/take-client.ts';
import { isInstalled, poolOf, startServer } from './support.ts';

describe.skipIf(!isInstalled)('a client of the pool', () => {
  // The runner fails if an error is not caught.
  test('whose connection ends together with the response that made it free does not end the process', async () => {
    const server = await startServer();
    const proxy = await openProxy(server.port);
    const pool = poolOf({ port: proxy.port }, { max: 1 });
    pool.on('error', () => {});
    const { rows } = await pool.query('SELECT pg_backend_pid() AS pid');

    proxy.hold();
    const answered = pool.query('SELECT 1 AS one');
    const taken = takeClient(pool);
    await proxy.holds(/SELECT 1/);
    const admin = poolOf(server);
    await admin.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await proxy.holds(/57P01/);
    proxy.passOn();

    expect((await answered).rows).toEqual([{ one: 1 }]);
    const client = await taken;
    await expect(client.query('SELECT 1')).rejects.toThrow();
    client.release(true);
  });
});

/** A way to Postgres that can hold back what Postgres says, and then pass it on in one piece. */
async function openProxy(port: number) {
  const held: Buffer[] = [];
  let isHolding = false;
  let isChanged = () => {};
  let passOn = () => {};
  const server = createServer((socket) => {
    const upstream = connect(port, '127.0.0.1');
    socket.pipe(upstream);
    socket.on('error', () => {});
    upstream.on('error', () => {});
    upstream.on('data', (piece) => {
      if (!isHolding) return socket.write(piece);
      held.push(piece);
      isChanged();
    });
    passOn = () => socket.end(Buffer.concat(held));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    port: (server.address() as AddressInfo).port,
    hold() {
      isHolding = true;
    },
    async holds(text: RegExp) {
      while (!text.test(Buffer.concat(held).toString('latin1'))) {
        await new Promise<void>((resolve) => {
          isChanged = resolve;
        });
      }
    },
    passOn: () => passOn(),
  };
}
