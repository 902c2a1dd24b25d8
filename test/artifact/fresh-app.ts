import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { run } from './install.ts';

type PackageManager = 'npm' | 'pnpm' | 'yarn';

const YARN = join(
  dirname(createRequire(import.meta.url).resolve('@yarnpkg/cli-dist/package.json')),
  'bin/yarn.js',
);

/**
 * Makes a folder for an app in `parent`. What is installed there comes from the registry of the tests, and not from the
 * internet or a cache of this machine.
 */
export function createApp(parent: string, name: string, manifest: object = {}): string {
  const folder = join(parent, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, ...manifest }));
  const registry = inject('registry');
  const caches = inject('caches');
  const npm = { registry, cache: join(caches, 'npm'), 'update-notifier': false };
  const pnpm = { 'cache-dir': join(caches, 'pnpm'), 'store-dir': join(caches, 'pnpm-store') };
  const lines = Object.entries({ ...npm, ...pnpm }).map(([setting, value]) => `${setting}=${value}\n`);
  writeFileSync(join(folder, '.npmrc'), lines.join(''));
  const yarn = {
    npmRegistryServer: registry,
    unsafeHttpWhitelist: ['127.0.0.1'],
    globalFolder: join(caches, 'yarn'),
    enableTelemetry: false,
    npmMinimalAgeGate: 0, // What the tests install was published a moment ago.
    pnpEnableEsmLoader: true,
  };
  // JSON is YAML.
  writeFileSync(join(folder, '.yarnrc.yml'), JSON.stringify(yarn));
  return folder;
}

/** Installs what `package.json` names and, if there are any, these packages. */
export function install(manager: PackageManager, app: string, packages: readonly string[] = []): void {
  const action = packages.length > 0 ? 'add' : 'install';
  if (manager === 'npm')
    run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], app);
  if (manager === 'pnpm')
    run('pnpm', [action, '--reporter=append-only', '--loglevel=error', ...packages], app);
  if (manager === 'yarn') yarn(app, [action, ...packages]);
}

export function yarn(app: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  return run(process.execPath, [YARN, ...args], app, env);
}
