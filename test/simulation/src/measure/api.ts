// The API that handler.ts calls, in a process of its own.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((req, res) => {
  const answer = () => res.setHeader('content-type', 'application/json').end('{"ok":true}');
  req.resume().once('end', answer);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
process.once('disconnect', () => process.exit());
