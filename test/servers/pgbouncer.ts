import { chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireServer } from './find-server.ts';
import { freePort } from './port.ts';
import { isReady, unprivilegedUser } from './postgres.ts';
import { type Server, startServer } from './server.ts';

/** Starts PgBouncer in transaction mode in front of a Postgres. It has few connections, which all its clients share. */
export async function startPgbouncer(postgres: Pick<Server, 'port'>): Promise<Server> {
  const program = requireServer('pgbouncer');
  const folder = mkdtempSync(join(tmpdir(), 'showpad-pgbouncer-'));
  const port = await freePort();
  const user = unprivilegedUser();
  const file = join(folder, 'pgbouncer.ini');
  const settings = [
    '[databases]',
    `* = host=127.0.0.1 port=${postgres.port} user=postgres`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    `unix_socket_dir =`,
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 4',
    'max_client_conn = 1000',
  ];
  writeFileSync(file, `${settings.join('\n')}\n`);
  if (user) chownSync(folder, user.uid, user.gid);
  return startServer({ program, args: [file], user, port, folder, isReady });
}
