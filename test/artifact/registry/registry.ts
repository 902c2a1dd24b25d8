import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runServer } from 'verdaccio';
import { createShelf } from './shelf.ts';

export interface Registry {
  readonly url: string;
  close(): void;
}

/** Starts an empty npm registry, to which anybody may publish our packages. Others come from what this repository has installed. */
export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-webhooks-registry-'));
  // With it, what npm has cached of an earlier registry, which may have had the same port, is not taken for this one's.
  const prefix = `/${basename(folder)}/`;
  const shelf = createShelf();
  const uplink = `${await listen(shelf)}/`;
  const server: Server = await runServer({
    self_path: folder,
    url_prefix: prefix,
    storage: join(folder, 'storage'),
    uplinks: { shelf: { url: uplink, cache: false, maxage: '1h' } },
    packages: {
      '@showpad-webhooks/*': { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'shelf' },
    },
    max_body_size: '10mb',
    web: { enable: false },
    log: { type: 'stdout', format: 'pretty', level: 'fatal' },
  });
  // Verdaccio itself expects a proxy that removes the prefix.
  server.prependListener('request', (request) => {
    request.url = request.url?.replace(prefix, '/');
  });
  return {
    url: (await listen(server)) + prefix,
    close: () => {
      for (const each of [server, shelf]) {
        each.close();
        each.closeAllConnections();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
