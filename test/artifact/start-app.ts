import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ANY_PORT = fileURLToPath(new URL('apps/any-port.cjs', import.meta.url));
const LISTENING = /^Listening on port (?<port>\d+)$/;
export const KEY = 'a-key-for-this-machine';

export interface RunningApp {
  /** Where it receives webhooks. */
  readonly url: string;
  /** All lines that it has printed, on stdout and on stderr. */
  readonly lines: readonly string[];
  /** Resolves when it has printed a line that contains the text. */
  printed(text: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a file with arguments that listens on port 3000, but on any free port. */
export function startApp(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningApp> {
  return start(folder, process.execPath, args, { SHOWPAD_SIGNATURE_KEY: KEY, ...env });
}

/** The same for a line that a user types into a terminal. */
export function startCommand(folder: string, command: string): Promise<RunningApp> {
  return start(folder, 'sh', ['-c', command], {});
}

async function start(
  folder: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<RunningApp> {
  const child = spawn(program, args, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      NODE_OPTIONS: `--require=${ANY_PORT}`,
      TELL_PORT: 'yes',
      NO_COLOR: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // It gets a process group of its own, because a shell or npm may stand between.
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  const outputs = [child.stdout, child.stderr].map((stream) => createInterface(stream));
  const waiting = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of waiting) wake();
    waiting.clear();
  };
  for (const output of outputs) {
    output.on('line', (line) => {
      lines.push(line);
      wakeAll();
    });
  }
  child.once('exit', wakeAll);

  async function lineWith(isIt: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = lines.find(isIt);
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(`The app ended:\n${lines.join('\n')}`);
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  }

  const { port } = LISTENING.exec(await lineWith((line) => LISTENING.test(line)))?.groups ?? {};
  return {
    url: `http://127.0.0.1:${port}/webhooks/showpad`,
    lines,
    printed: async (text) => void (await lineWith((line) => line.includes(text))),
    stop: async () => {
      process.kill(-Number(child.pid));
      await ended;
    },
  };
}

/** Sends a delivery that is signed with an adapter that the app has installed, and gives the status of the answer. */
export async function deliverTo(
  url: string,
  app: string,
  adapter: string,
  key: string = KEY,
): Promise<number> {
  const { signedDelivery } = createRequire(join(app, 'package.json'))(`${adapter}/testing`);
  const { method, headers, body } = signedDelivery('shared-space-user-added', { key });
  return (await fetch(url, { method, headers, body: new Uint8Array(body) })).status;
}
