import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { run } from '../src/run.ts';

// A runner that colours its own output sets this, and then Node colours the command's output too.
delete process.env.FORCE_COLOR;

type Env = Readonly<Record<string, string | undefined>>;

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly stdout: PassThrough;
  readonly stderr: Promise<string>;
  readonly exitCode: Promise<number>;
  stop(): void;
}

/** Runs the command in this process. Nothing of this process's environment reaches it but the PATH. */
function start(args: readonly string[], input: string | Buffer, env: Env): Started {
  const stop = new AbortController();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const home = { PATH: process.env.PATH, XDG_CONFIG_HOME: join(tmpdir(), 'showpad-webhooks-no-such-folder') };
  const exitCode = run(args, {
    stdin: Readable.from([Buffer.from(input)]),
    stdout,
    stderr,
    env: { ...home, ...env },
    signal: stop.signal,
  }).finally(() => {
    stdout.end();
    stderr.end();
  });
  onTestFinished(async () => {
    stop.abort();
    await exitCode;
  });
  return { stdout, stderr: text(stderr), exitCode, stop: () => stop.abort() };
}

/** Runs the command to its end. */
export async function runCommand(
  args: readonly string[],
  { input = '', env = {} }: { readonly input?: string | Buffer; readonly env?: Env } = {},
): Promise<Finished> {
  const { stdout, stderr, exitCode } = start(args, input, env);
  const [written, code, errors] = await Promise.all([text(stdout), exitCode, stderr]);
  return { exitCode: code, stdout: written, stderr: errors };
}

/** The values that a command with `--json` printed. */
export function valuesOf<Value>({ stdout }: Pick<Finished, 'stdout'>): readonly Value[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Value);
}

export interface Running extends Omit<Started, 'stdout'> {
  /** The next line of stdout. */
  nextLine(): Promise<string>;
}

/** Starts a command that runs until it is stopped, and reads it line by line. */
export function startCommand(args: readonly string[], env: Env = {}): Running {
  const { stdout, ...started } = start(args, '', env);
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    ...started,
    async nextLine() {
      const { done, value } = await lines.next();
      if (done) throw new Error(`the command ended: ${await started.stderr}`);
      return value;
    },
  };
}

/** A folder that is deleted after the test. */
export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-webhooks-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
