import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CONSUMERS = fileURLToPath(new URL('consumers/', import.meta.url));

export const PACKAGES: readonly string[] = readdirSync(`${ROOT}packages`)
  .filter((name) => !readManifest(`${ROOT}packages/${name}`).private)
  .sort();

/** What an app has that uses all packages, as npm would install it. Nest is 11, because Jest 29 cannot load Nest 12, which is ESM. */
const DEPENDENCIES = {
  '@nestjs/common': '11.2.10',
  '@nestjs/core': '11.2.10',
  '@nestjs/platform-express': '11.2.10',
  '@nestjs/testing': '11.2.6',
  '@opentelemetry/api': '1.9.1',
  '@types/express': '5.0.5',
  '@types/koa': '3.0.3',
  '@types/node': '20.19.21',
  express: '5.3.0',
  jest: '29.7.0',
  koa: '3.3.0',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
  'typescript-5.4': 'npm:typescript@5.4.5',
  'typescript-5.9': 'npm:typescript@5.9.3',
  'typescript-6': 'npm:@typescript/typescript6@6.0.2',
  'typescript-7': 'npm:typescript@7.0.2',
} as const;

export const TYPESCRIPTS: readonly string[] = Object.keys(DEPENDENCIES).filter((name) =>
  name.startsWith('typescript-'),
);

export interface Installed {
  /** The folder of an app with the packages and their peers in its node_modules. */
  readonly app: string;
  /** The paths in each tarball, by the name of the package without its scope. */
  readonly contents: ReadonlyMap<string, readonly string[]>;
}

/** Installs all packages from the registry, and the frameworks, with npm. */
export async function installAll(): Promise<Installed> {
  const app = mkdtempSync(join(tmpdir(), 'showpad-webhooks-artifact-'));
  const ours = PACKAGES.map((name) => [`@showpad-webhooks/${name}`, 'latest']);
  const dependencies = { ...Object.fromEntries(ours), ...DEPENDENCIES };
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, dependencies }));
  cpSync(CONSUMERS, app, { recursive: true });
  useRegistry(app);
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], app);
  const contents = new Map<string, readonly string[]>();
  for (const name of PACKAGES) contents.set(name, await list(name, app));
  return { app, contents };
}

/** Makes npm and pnpm install our packages from the registry of the tests, in this folder. */
export function useRegistry(app: string): void {
  writeFileSync(join(app, '.npmrc'), `@showpad-webhooks:registry=${inject('registry')}\n`);
}

/** The paths in the tarball of a package that is installed. */
async function list(name: string, app: string): Promise<readonly string[]> {
  const { version } = readManifest(join(app, 'node_modules/@showpad-webhooks', name));
  const url = `${inject('registry')}@showpad-webhooks/${name}/-/${name}-${version}.tgz`;
  const input = Buffer.from(await (await fetch(url)).arrayBuffer());
  return execFileSync('tar', ['-tzf', '-'], { input, encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
    .sort();
}

/** Runs a command and gives what it printed. If it fails, the error contains all of its output. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): string {
  try {
    const options = { cwd, encoding: 'utf8', stdio: 'pipe', env: { ...cleanEnvironment(), ...env } } as const;
    return execFileSync(command, args, options);
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
  }
}

export interface Finished {
  readonly exitCode: number;
  /** What was printed on both streams. */
  readonly output: string;
}

/** Runs a line that a user types into a terminal. */
export async function runCommand(cwd: string, command: string): Promise<Finished> {
  const env = { ...cleanEnvironment(), HOME: cwd, NO_COLOR: '1' };
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { exitCode, output: stdout + stderr };
}

/**
 * Leaves out what a test runner, npm and npx set for themselves, because it would change what their children do: with the cache
 * of `npm test`, npx would run the command of an earlier build.
 */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const npm = ['npm_config_cache', 'npm_config_package', 'npm_config_call'];
  const own = ['NODE_OPTIONS', 'NODE_ENV', 'VITEST', ...npm];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.includes(name)));
}

export function readManifest(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
