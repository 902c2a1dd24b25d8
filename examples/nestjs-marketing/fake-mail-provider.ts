import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

interface Message {
  readonly campaign: string;
  readonly email: string;
}

/** A mail provider on this machine. Like real ones, it sends once per idempotency key. */
export interface FakeMailProvider {
  readonly url: string;
  readonly server: Server;
  /** `stalled`: it sends, but its answer never arrives. `refusing`: it does not know the campaign. */
  state: 'up' | 'stalled' | 'refusing';
  /** How long it takes to send. */
  delayMs: number;
  /** The idempotency key of each request. */
  readonly requests: string[];
  /** The messages that were sent, by idempotency key. */
  readonly sent: ReadonlyMap<string, Message>;
  close(): void;
}

export async function startFakeMailProvider(): Promise<FakeMailProvider> {
  const sent = new Map<string, Message>();
  const server = createServer(async (req, res) => {
    const key = String(req.headers['idempotency-key']);
    const message = (await json(req)) as Message;
    provider.requests.push(key);
    if (provider.state === 'refusing') {
      res.writeHead(422).end();
      return;
    }
    await delay(provider.delayMs);
    if (!sent.has(key)) sent.set(key, message);
    if (provider.state === 'up') res.writeHead(202).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const provider: FakeMailProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    state: 'up',
    delayMs: 0,
    requests: [],
    sent,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return provider;
}
