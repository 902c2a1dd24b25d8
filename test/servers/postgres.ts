import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireServer } from './find-server.ts';
import { ask, freePort } from './port.ts';
import { type Server, startServer, type User } from './server.ts';

const HOME = '/var/lib/postgresql';
const PROTOCOL_3_0 = 196_608;

export interface PostgresLimits {
  /** How large each of its files may become, in KiB. To Postgres it is as if the disk was full. */
  readonly maxFileKib?: number | undefined;
}

/** Starts a new cluster. User and database are `postgres`, and local connections need no password. */
export function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  limits: PostgresLimits = {},
): Promise<Server> {
  // Of the files that Postgres makes ahead, those of its log are the largest. It needs at least 1 MB for each.
  const flags = limits.maxFileKib === undefined ? [] : ['--wal-segsize=1'];
  return startCluster(
    'initdb',
    (folder) => ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', ...flags],
    settings,
    limits,
  );
}

/** Starts a replica, to which the server streams all that it commits. */
export function startReplica({ port }: Pick<Server, 'port'>): Promise<Server> {
  const from = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres'];
  return startCluster('pg_basebackup', (folder) => ['-D', folder, ...from, '-R', '-c', 'fast']);
}

/** @param maker is the program that makes the files of the cluster. */
async function startCluster(
  maker: 'initdb' | 'pg_basebackup',
  argsOf: (folder: string) => readonly string[],
  settings: Readonly<Record<string, string>> = {},
  { maxFileKib }: PostgresLimits = {},
): Promise<Server> {
  const program = requireServer('postgres');
  const folder = mkdtempSync(join(tmpdir(), 'showpad-postgres-'));
  const port = await freePort();
  const user = unprivilegedUser();
  if (user) chownSync(folder, user.uid, user.gid);
  await promisify(execFile)(program.replace(/postgres$/, maker), argsOf(folder), { ...user });
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', folder, '-p', String(port), '-h', '127.0.0.1', '-k', folder, ...options];
  const command =
    maxFileKib === undefined
      ? { program, args }
      : { program: 'bash', args: ['-c', `ulimit -f ${maxFileKib} && exec "$0" "$@"`, program, ...args] };
  return startServer({ ...command, user, port, folder, isReady });
}

/** A server that is still recovering accepts connections, but answers a start-up message with an error. */
export async function isReady(port: number): Promise<boolean> {
  const response = await ask(port, startupMessage());
  return response[0] === 'R'.charCodeAt(0); // R asks for authentication.
}

/** It consists of its length, the version of the protocol, and parameters that end with zeros. */
function startupMessage(): Buffer {
  const parameters = 'user\0postgres\0database\0postgres\0\0';
  const message = Buffer.alloc(8 + parameters.length);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(PROTOCOL_3_0, 4);
  message.write(parameters, 8, 'latin1');
  return message;
}

/** Postgres refuses to run as root. Then it runs as the user that its Debian package created. */
export function unprivilegedUser(): User | undefined {
  if (userInfo().uid !== 0) return undefined;
  if (!existsSync(HOME)) {
    throw new Error(`Postgres does not run as root, and there is no ${HOME} that shows another user for it.`);
  }
  const { uid, gid } = statSync(HOME);
  return { uid, gid };
}
