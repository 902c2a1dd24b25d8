import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { packageManager } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

/**
 * Installs the dependencies with the version of pnpm that package.json names. If the PATH has no pnpm, or another
 * version of it, npx fetches the right one and runs this script again with it.
 */
export function setUp() {
  const found = spawnSync('pnpm', ['--version'], { cwd: ROOT, encoding: 'utf8' });
  if (`pnpm@${found.stdout?.trim()}` !== packageManager) {
    if (process.env.SHOWPAD_WEBHOOKS_PNPM) throw new Error(`npx could not provide ${packageManager}.`);
    console.log(`Fetching ${packageManager} …`);
    const again = ['--yes', '--package', packageManager, '--', process.execPath, ...process.argv.slice(1)];
    const env = { ...process.env, SHOWPAD_WEBHOOKS_PNPM: 'npx' };
    process.on('SIGINT', () => {}); // Ctrl-C ends what npx runs, and this process ends after it.
    process.exit(spawnSync('npx', again, { cwd: ROOT, stdio: 'inherit', env }).status ?? 1);
  }
  console.log('Installing dependencies …');
  const install = [
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
    '--reporter=append-only',
    '--loglevel=error', // pnpm would warn that the command of the CLI is not there before the build.
  ];
  const { status } = spawnSync('pnpm', install, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs a script of an example, and ends as it ends. No shell is in between, so that Ctrl-C reaches it. */
export function runExample(name, ...args) {
  const flags = ['--conditions=@showpad-webhooks/source', '--import', 'tsx'];
  const example = spawn(process.execPath, [...flags, ...args], {
    cwd: `${ROOT}examples/${name}`,
    stdio: 'inherit',
  });
  // The terminal sends Ctrl-C to the example too, and this process ends when the example has ended.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => example.kill());
  example.on('exit', (code) => process.exit(code ?? 1));
}
