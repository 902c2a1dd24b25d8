import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { binaryOf, type Runtime } from './binaries.ts';

export interface StartedRuntime {
  /** Where it listens, in the order of its servers. */
  readonly urls: readonly string[];
  /** What it has printed since it listens, and what it has written to its standard error. */
  readonly output: () => string;
  close(): Promise<void>;
}

export interface StartOptions {
  /** The code of the program, in one file. */
  readonly code: string;
  /** How many servers the program starts. In workerd each has a Worker of its own. */
  readonly servers: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program in a runtime, and waits until it listens. The program writes a line such as `{"port":1234}` per server. */
export async function startRuntime(
  runtime: Runtime,
  { code, servers, env = {} }: StartOptions,
): Promise<StartedRuntime> {
  const folder = mkdtempSync(join(tmpdir(), `showpad-webhooks-${runtime}-`));
  writeFileSync(join(folder, 'main.mjs'), code);
  if (runtime === 'workerd') writeFileSync(join(folder, 'workerd.capnp'), workerdConfig(servers, env));
  const child = spawn(binaryOf(runtime), ARGUMENTS[runtime], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += String(chunk);
  });
  child.once('exit', (code, signal) => {
    output += `It ended with ${code ?? signal}.`;
  });
  const kill = () => child.kill();
  process.once('exit', kill);
  const close = async () => {
    await end(child);
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  };
  const urls: string[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`${runtime} did not start: ${output}`)));
      createInterface(child.stdout).on('line', (line) => {
        if (urls.length === servers) output += `${line}\n`;
        else if (line.startsWith('{'))
          urls.push(`http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`);
        if (urls.length === servers) resolve();
      });
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { urls, output: () => output, close };
}

const ARGUMENTS: Readonly<Record<Runtime, readonly string[]>> = {
  bun: ['main.mjs'],
  deno: ['run', '--allow-net', '--allow-env', '--no-prompt', 'main.mjs'],
  workerd: ['serve', 'workerd.capnp', '--control-fd=1'],
};

/** Each server has a Worker and a memory of its own. Workers may call the test, which listens on this machine. */
function workerdConfig(servers: number, env: Readonly<Record<string, string>>): string {
  const numbers = Array.from({ length: servers }, (_, index) => index);
  const bindings = Object.entries(env).map(
    ([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${numbers.map((index) => `(name = "worker${index}", worker = .worker),`).join('\n    ')}
    (name = "internet", network = (allow = ["public", "private"]))
  ],
  sockets = [
    ${numbers.map((index) => `(name = "${index}", address = "127.0.0.1:0", http = (), service = "worker${index}")`).join(',\n    ')}
  ]
);
const worker :Workerd.Worker = (
  modules = [(name = "main.mjs", esModule = embed "main.mjs")],
  bindings = [${bindings.join(', ')}],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = ["nodejs_compat"]
);
`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
