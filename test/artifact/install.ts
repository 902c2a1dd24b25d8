import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  /** The folder of an app with the tarballs and their peers in its node_modules. */
  readonly app: string;
  /** The paths in each tarball, by the name of the package without its scope. */
  readonly contents: ReadonlyMap<string, readonly string[]>;
}

/** Packs every package, and installs the tarballs and the frameworks with npm. */
export function packAndInstall(): Installed {
  const app = mkdtempSync(join(tmpdir(), 'showpad-webhooks-artifact-'));
  const tarballs = new Map(PACKAGES.map((name) => [name, pack(name, app)]));
  const ours = [...tarballs].map(([name, tarball]) => [`@showpad-webhooks/${name}`, `file:${tarball}`]);
  const manifest = {
    name: 'app',
    private: true,
    dependencies: { ...Object.fromEntries(ours), ...DEPENDENCIES },
  };
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest));
  cpSync(CONSUMERS, app, { recursive: true });
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], app);
  const contents = new Map([...tarballs].map(([name, tarball]) => [name, list(tarball)]));
  return { app, contents };
}

/** Packs a package that is built, and gives the path of its tarball. */
export function pack(name: string, to: string): string {
  const folder = `${ROOT}packages/${name}`;
  if (!existsSync(`${folder}/dist`))
    throw new Error(`packages/${name} is not built. Run "pnpm build" first.`);
  const output = run('pnpm', ['pack', '--json', '--pack-destination', to], folder);
  return (JSON.parse(output) as { filename: string }).filename;
}

function list(tarball: string): readonly string[] {
  return run('tar', ['-tzf', tarball], tmpdir())
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
    .sort();
}

/** Runs a command and gives what it printed. If it fails, the error contains all of its output. */
export function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe', env: cleanEnvironment() });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
  }
}

/** Leaves out what a test runner sets for itself, because it would change what its children resolve. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_ENV: __, VITEST: ___, ...env } = process.env;
  return env;
}

export function readManifest(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
