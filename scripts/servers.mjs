import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What some tests need besides Node. Each test looks for its program by itself, and skips if it is not there. */
const PROGRAMS = [
  // For test/servers/index.ts:
  { name: 'redis-server', aptPackage: 'redis-server', isInstalled: () => isOnPath('redis-server') },
  {
    name: 'postgres',
    aptPackage: 'postgresql',
    isInstalled: () => existsSync('/usr/lib/postgresql') || isOnPath('postgres'),
  },
  {
    name: 'pgbouncer',
    aptPackage: 'pgbouncer',
    isInstalled: () => existsSync('/usr/sbin/pgbouncer') || isOnPath('pgbouncer'),
  },
  { name: 'pgrep', aptPackage: 'procps', isInstalled: () => isOnPath('pgrep') },
  // For packages/emulator/test/admin-page.ts:
  {
    name: 'chromium',
    aptPackage: 'chromium',
    isInstalled: () =>
      process.env.CHROMIUM !== undefined ||
      ['chromium', 'chromium-browser', 'google-chrome'].some((name) => existsSync(`/usr/bin/${name}`)),
  },
  // For packages/cli/test/terminal.test.ts:
  { name: 'tmux', aptPackage: 'tmux', isInstalled: () => isOnPath('tmux') },
];

/**
 * Installs the programs that are missing, but only in CI or if somebody asked for it: this machine belongs to somebody.
 * Ends the process if that fails.
 */
export function prepareServers({ isAsked }) {
  const missing = PROGRAMS.filter(({ isInstalled }) => !isInstalled());
  if (missing.length === 0) return;
  if (!process.env.CI && !isAsked) {
    const names = list(missing, 'disjunction');
    console.log(`Skipping the tests that need ${names}. To install what is missing: npm test -- --install`);
    return;
  }
  console.log(`Installing ${list(missing)} with apt-get …`);
  const problem = install(missing.map(({ aptPackage }) => aptPackage));
  const stillMissing = missing.filter(({ isInstalled }) => !isInstalled());
  if (stillMissing.length === 0) return;
  console.error(`${problem}\n${list(stillMissing)} could not be installed. Install what is missing by hand.`);
  process.exit(1);
}

function list(programs, type = 'conjunction') {
  return new Intl.ListFormat('en', { type }).format(programs.map(({ name }) => name));
}

/** Returns what went wrong, if anything did. */
function install(packages) {
  if (!isOnPath('apt-get')) return 'This machine has no apt-get.';
  // sudo may ask a person for the password. In CI nobody could answer.
  const sudo = process.env.CI ? ['sudo', '-n'] : ['sudo'];
  const prefix = process.getuid() === 0 ? [] : sudo;
  const [program, ...args] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq'];
  const aptGet = (...more) => spawnSync(program, [...args, ...more], { encoding: 'utf8' });
  const installAll = () => aptGet('install', '-y', '--no-install-recommends', ...packages);

  let result = installAll();
  if (result.status !== 0) {
    // The machine may know no packages yet, or only versions that are gone.
    aptGet('update');
    result = installAll();
  }
  return result.status === 0 ? '' : (result.error?.message ?? `${result.stdout}${result.stderr}`);
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
