import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const BIN = fileURLToPath(new URL('../src/bin.ts', import.meta.url));
const LOADER = import.meta.resolve('tsx');
/** How the command is run from its sources. */
export const COMMAND: readonly string[] = [
  process.execPath,
  '--conditions=@showpad-webhooks/source',
  `--import=${LOADER}`,
  BIN,
];

interface Started {
  readonly child: ChildProcess;
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;
  /** What it exited with. */
  readonly exitCode: Promise<number | null>;
}

function spawnCommand(args: readonly string[], env: NodeJS.ProcessEnv): Started {
  const [node = '', ...rest] = COMMAND;
  // Without what this process's runner sets, and what a developer may have set for the command.
  const clean = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_|VITEST|SHOWPAD_|NO_COLOR|VISUAL|EDITOR)/.test(name),
  );
  const child = spawn(node, [...rest, ...args], { env: { ...Object.fromEntries(clean), ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    child,
    stdout: text(child.stdout),
    stderr: text(child.stderr),
    exitCode: new Promise((resolve) => child.once('close', resolve)),
  };
}

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end, as a process whose streams are pipes. */
export async function runCommand(
  args: readonly string[],
  { input = '', env = {} }: { readonly input?: string | Buffer; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  const { child, ...result } = spawnCommand(args, env);
  child.stdin?.end(input);
  return { exitCode: await result.exitCode, stdout: await result.stdout, stderr: await result.stderr };
}

/** The values that a command with `--json` printed. */
export function valuesOf<Value>({ stdout }: Pick<Finished, 'stdout'>): readonly Value[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Value);
}

export interface Running extends Omit<Started, 'child'> {
  /** The next line of stdout. */
  nextLine(): Promise<string>;
  stop(signal?: NodeJS.Signals): void;
}

/** Starts a command that goes on until it is stopped, and reads it line by line. */
export function startCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const { child, ...result } = spawnCommand(args, env);
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })[
    Symbol.asyncIterator
  ]();
  return {
    ...result,
    async nextLine() {
      const { done, value } = await lines.next();
      if (done) throw new Error(`the command ended: ${await result.stderr}`);
      return value;
    },
    stop: (signal = 'SIGTERM') => void child.kill(signal),
  };
}

/** A folder that is gone after the test. */
export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-webhooks-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Whether this machine has a program that tests need; CI must. */
export function isInstalled(program: string): boolean {
  const isThere = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  if (!isThere && process.env.CI) throw new Error(`${program} is not installed, and CI skips nothing`);
  return isThere;
}
