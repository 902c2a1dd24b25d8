import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ANY_PORT = fileURLToPath(new URL('apps/any-port.cjs', import.meta.url));
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
export async function startApp(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningApp> {
  const child = spawn(process.execPath, ['--require', ANY_PORT, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, SHOWPAD_SIGNATURE_KEY: KEY, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  const outputs = [child.stdout, child.stderr].map((stream) => createInterface(stream ?? process.stdin));
  for (const output of outputs) output.on('line', (line) => lines.push(line));
  const [message] = await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error(`The app ended:\n${lines.join('\n')}`))),
  ]);
  return {
    url: `http://127.0.0.1:${(message as { port: number }).port}/webhooks/showpad`,
    lines,
    printed: async (text) => {
      while (!lines.some((line) => line.includes(text))) {
        await Promise.race([...outputs.map((output) => once(output, 'line')), ended]);
        if (child.exitCode !== null) throw new Error(`The app ended:\n${lines.join('\n')}`);
      }
    },
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

/** Sends a delivery that is signed with an adapter that the app has installed, and gives the status of the answer. */
export async function deliverTo(url: string, app: string, adapter: string): Promise<number> {
  const { signedDelivery } = createRequire(join(app, 'package.json'))(`${adapter}/testing`);
  const { method, headers, body } = signedDelivery('shared-space-user-added', { key: KEY });
  return (await fetch(url, { method, headers, body: new Uint8Array(body) })).status;
}
