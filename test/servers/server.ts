import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A real server on a free port of this machine, with its own data. */
export interface Server {
  readonly port: number;
  /** Ends it as suddenly as a power cut would, unless another signal is given. */
  kill(name?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data. Resolves when it accepts connections. */
  start(): Promise<void>;
  /** Lets it hang until `resume()`. */
  pause(): void;
  resume(): void;
  /** Ends it and deletes its data. */
  remove(): Promise<void>;
}

export interface ServerOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** If it is not set, the server runs as the user of this process. */
  readonly user?: User | undefined;
  readonly port: number;
  /** The folder with the server's data. */
  readonly folder: string;
  readonly isReady: (port: number) => Promise<boolean>;
  /** Set it to false if a signal need not reach children. To look for them blocks this process for a moment. Default true. */
  readonly hasChildren?: boolean;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

const STARTING_MS = 20_000;

/** A test run that ends early must not leave servers behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) signal(child.pid, 'SIGKILL');
});

/** Starts a server. Resolves when it accepts connections. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { program, args, user, port, folder, isReady, hasChildren = true } = options;
  let child = launch();

  function launch() {
    const started = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], ...user });
    running.add(started);
    started.once('exit', () => running.delete(started));
    return started;
  }

  async function waitUntilReady(): Promise<void> {
    const deadline = Date.now() + STARTING_MS;
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-2_000);
    });
    while (!(await isReady(port))) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`${program} did not start. It printed:\n${output}`);
      await delay(20);
    }
  }

  function send(name: NodeJS.Signals): void {
    if (hasChildren) signal(child.pid, name);
    else child.kill(name);
  }

  async function end(name: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    send(name);
    await exited;
  }

  await waitUntilReady();
  return {
    port,
    kill: (name = 'SIGKILL') => end(name),
    async start() {
      const deadline = Date.now() + STARTING_MS;
      for (;;) {
        child = launch();
        try {
          return await waitUntilReady();
        } catch (error) {
          // A Postgres that was killed has processes that end a moment later, and until then a new one refuses to start.
          const isTooEarly = String(error).includes('pre-existing shared memory block');
          if (!isTooEarly || Date.now() > deadline) throw error;
          await delay(20);
        }
      }
    },
    pause: () => send('SIGSTOP'),
    resume: () => send('SIGCONT'),
    async remove() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * Sends a signal to a process and to its children. Postgres has a process for each connection, and each of them is in a
 * process group of its own, so a signal to the group would not reach them.
 */
function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  const children = stdout.split('\n').filter(Boolean).map(Number);
  for (const each of [pid, ...children]) {
    try {
      process.kill(each, name);
    } catch (error) {
      const hasEnded = (error as NodeJS.ErrnoException).code === 'ESRCH';
      if (!hasEnded) throw error;
    }
  }
}
