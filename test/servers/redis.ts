import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireServer } from './find-server.ts';
import { ask, onFreePort } from './port.ts';
import { type Server, startServer } from './server.ts';

/** Unless `settings` say otherwise, every write is synced to an append-only file, and no key is evicted. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
  const program = requireServer('redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'showpad-redis-'));
  const all = {
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
    'repl-diskless-sync-delay': '0', // By default, a new replica waits for others that may come.
    ...settings,
  };
  const options = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  return onFreePort((port) => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...options];
    return startServer({ program, args, port, folder, isReady, hasChildren: false });
  });
}

/** A server that is still loading its data accepts connections, but does not answer with PONG. */
export async function isReady(port: number): Promise<boolean> {
  const response = await ask(port, 'PING\r\n');
  return response.toString().startsWith('+PONG');
}
