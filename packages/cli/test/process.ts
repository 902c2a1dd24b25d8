import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import type { Finished } from './command.ts';

// On a busy machine a process and its loader take seconds to start.
vi.setConfig({ testTimeout: 60_000 });

const pathOf = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));
/** How Node runs TypeScript that imports the sources of our packages. */
export const FROM_SOURCES: readonly string[] = [
  process.execPath,
  '--conditions=@showpad-webhooks/source',
  `--import=${import.meta.resolve('tsx')}`,
];
/** How the command is started: as `npm test` has built it, which takes a fifth of the time, or from its sources. */
export const COMMAND: readonly string[] = process.env.IS_BUILT
  ? [process.execPath, pathOf('dist/bin.mjs')]
  : [...FROM_SOURCES, pathOf('src/bin.ts')];

export interface Started {
  /** The next line of stdout. */
  nextLine(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  readonly finished: Promise<Finished>;
}

/** Starts the command as a process of its own, whose streams are pipes. */
export function spawnCommand(args: readonly string[], { cwd }: { readonly cwd?: string } = {}): Started {
  const [node = '', ...rest] = COMMAND;
  // The runner sets variables of its own, and a developer may have set some for the command.
  const env = Object.entries(process.env).filter(([name]) => !/^(NODE_|VITEST|SHOWPAD_|NO_COLOR)/.test(name));
  const child = spawn(node, [...rest, ...args], { env: Object.fromEntries(env), cwd });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.end();
  const exitCode = new Promise<number>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async nextLine() {
      const { done, value } = await lines.next();
      if (done) throw new Error(`the command ended: ${await stderr}`);
      return value;
    },
    kill: (signal) => void child.kill(signal),
    finished: (async () => ({ exitCode: await exitCode, stdout: await stdout, stderr: await stderr }))(),
  };
}

/** Whether this machine has a program that tests need. CI must have it. */
export function isInstalled(program: string): boolean {
  const isThere = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  if (!isThere && process.env.CI) throw new Error(`${program} is not installed, and CI skips no test.`);
  return isThere;
}
