import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A real server, on a free port of this machine, with data of its own. */
export interface Server {
  readonly port: number;
  /** Ends it as a power cut would end the process. */
  kill(): Promise<void>;
  /** On the same port and data. Resolves when it takes connections. */
  start(): Promise<void>;
  /** Lets it hang, and go on. */
  pause(): void;
  resume(): void;
  /** Ends it and deletes its data. */
  remove(): Promise<void>;
}

const STARTING_MS = 20_000;

/** Where the server's program is; undefined where it isn't installed. Under CI that is an error: nothing is skipped there. */
export function findServer(name: 'redis-server' | 'postgres'): string | undefined {
  const path = candidates(name).find((each) => existsSync(each));
  if (path === undefined && process.env.CI) throw new Error(`${name} is not installed, and CI skips nothing`);
  return path;
}

function candidates(name: string): readonly string[] {
  const debian = '/usr/lib/postgresql';
  const versions = name === 'postgres' && existsSync(debian) ? readdirSync(debian) : [];
  const ofPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, name));
  return [...versions.map((version) => join(debian, version, 'bin', name)), ...ofPath];
}

/** Redis with an append-only file that is synced at every write, unless told otherwise. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
  const program = required('redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'showpad-redis-'));
  const port = await freePort();
  const all = {
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
    ...settings,
  };
  const options = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  return serve(port, folder, {
    program,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...options],
  });
}

/** A Postgres cluster of its own; user and database are `postgres`, and local connections are trusted. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
  const program = required('postgres');
  const folder = mkdtempSync(join(tmpdir(), 'showpad-postgres-'));
  const port = await freePort();
  const user = unprivilegedUser();
  if (user) chownSync(folder, user.uid, user.gid);
  const initdb = program.replace(/postgres$/, 'initdb');
  await promisify(execFile)(initdb, ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'], {
    ...user,
  });
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return serve(port, folder, {
    program,
    args: ['-D', folder, '-p', String(port), '-h', '127.0.0.1', '-k', folder, ...options],
    ...user,
  });
}

function required(name: 'redis-server' | 'postgres'): string {
  const program = findServer(name);
  if (!program) throw new Error(`${name} is not installed`);
  return program;
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

async function serve(port: number, folder: string, { program, args, uid, gid }: Command): Promise<Server> {
  let child = launch();

  function launch() {
    const user = uid === undefined ? {} : { uid, gid };
    const started = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], ...user });
    // A test run that ends early must not leave servers behind.
    const end = () => signal(started.pid, 'SIGKILL');
    process.once('exit', end);
    started.once('exit', () => process.off('exit', end));
    return started;
  }

  async function ready(): Promise<void> {
    const deadline = Date.now() + STARTING_MS;
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-2_000);
    });
    while (!(await takesConnections(port, program))) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`${program} did not start:\n${output}`);
      await delay(20);
    }
  }

  async function end(name: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    signal(child.pid, name);
    await exited;
  }

  await ready();
  return {
    port,
    kill: () => end('SIGKILL'),
    async start() {
      child = launch();
      await ready();
    },
    pause: () => signal(child.pid, 'SIGSTOP'),
    resume: () => signal(child.pid, 'SIGCONT'),
    async remove() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** To the process and to those that it started: Postgres serves each connection by one of its own, in a group of its own. */
function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  for (const each of [pid, ...stdout.split('\n').filter(Boolean).map(Number)]) {
    try {
      process.kill(each, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // It has ended already.
    }
  }
}

/** Postgres refuses while it recovers, and Redis while it loads: both must answer, not just listen. */
function takesConnections(port: number, program: string): Promise<boolean> {
  const isRedis = program.endsWith('redis-server');
  // Postgres' start-up message: length, protocol 3.0, "user" and "database", both postgres.
  const text = 'user\0postgres\0database\0postgres\0\0';
  const hello = Buffer.alloc(8 + text.length);
  hello.writeInt32BE(hello.length, 0);
  hello.writeInt32BE(196_608, 4);
  hello.write(text, 8, 'latin1');
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(isRedis ? 'PING\r\n' : hello));
    socket.once('data', (answer) => {
      resolve(isRedis ? answer.toString().startsWith('+PONG') : answer[0] === 'R'.charCodeAt(0));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Postgres refuses to run as root: then it runs as the user that its package made. */
function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (userInfo().uid !== 0) return undefined;
  const home = '/var/lib/postgresql';
  if (!existsSync(home)) throw new Error(`postgres does not run as root, and ${home} tells of no other user`);
  const { uid, gid } = statSync(home);
  return { uid, gid };
}
