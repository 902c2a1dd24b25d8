import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

type ServerName = 'redis-server' | 'postgres' | 'pgbouncer';

const DEBIAN_POSTGRES = '/usr/lib/postgresql';

/**
 * Returns the path of the server's program, or undefined if it or pgrep is not installed. Ending a server needs pgrep.
 *
 * @throws Error in CI, where no test may be skipped.
 */
export function findServer(name: ServerName): string | undefined {
  const path = pathsOf(name).find((each) => existsSync(each));
  const hasPgrep = onPath('pgrep').some((each) => existsSync(each));
  if (path !== undefined && hasPgrep) return path;
  if (!process.env.CI) return undefined;
  throw new Error(`${path ? 'pgrep' : name} is not installed, and no test may be skipped in CI.`);
}

/** @throws Error if the server, or pgrep, is not installed. */
export function requireServer(name: ServerName): string {
  const path = findServer(name);
  if (path === undefined) throw new Error(`This needs ${name} and pgrep. At least one is not installed.`);
  return path;
}

/** Debian's packages do not put these on the PATH of every user. `POSTGRES_BIN` is the folder of another version of Postgres. */
function pathsOf(name: ServerName): readonly string[] {
  if (name === 'pgbouncer') return ['/usr/sbin/pgbouncer', ...onPath(name)];
  const { POSTGRES_BIN } = process.env;
  if (name === 'postgres' && POSTGRES_BIN) return [join(POSTGRES_BIN, name)];
  const hasFolder = name === 'postgres' && existsSync(DEBIAN_POSTGRES);
  const versions = hasFolder ? readdirSync(DEBIAN_POSTGRES) : [];
  return [...versions.map((version) => join(DEBIAN_POSTGRES, version, 'bin', name)), ...onPath(name)];
}

function onPath(program: string): readonly string[] {
  return (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
}
