import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

// What tests need beside Node, as Debian names it, and how to see that it is there.
const PROGRAMS = [
  { name: 'redis-server', packageName: 'redis-server', isThere: () => isOnPath('redis-server') },
  {
    name: 'postgres',
    packageName: 'postgresql',
    isThere: () => existsSync('/usr/lib/postgresql') || isOnPath('postgres'),
  },
  {
    name: 'chromium',
    packageName: 'chromium',
    isThere: () => ['chromium', 'chromium-browser', 'google-chrome'].some(isOnPath),
  },
  { name: 'pgrep', packageName: 'procps', isThere: () => isOnPath('pgrep') },
  ...['tmux', 'zsh', 'fish'].map((name) => ({ name, packageName: name, isThere: () => isOnPath(name) })),
];

/** Installs what is missing by apt, where this machine has it and lets us; else says what will be skipped. */
export function installServers() {
  const missing = PROGRAMS.filter(({ isThere }) => !isThere());
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  const asRoot = rootPrefix();
  if (isOnPath('apt-get') && asRoot) {
    console.log(`Installing ${names} …`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const [program, ...rest] = [...asRoot, 'apt-get', '-qq'];
    const apt = (...args) => spawnSync(program, [...rest, ...args], { env, encoding: 'utf8' });
    const install = [
      'install',
      '-y',
      '--no-install-recommends',
      ...missing.map(({ packageName }) => packageName),
    ];
    let result = apt(...install);
    if (result.status !== 0) {
      apt('update');
      result = apt(...install);
    }
    if (result.status !== 0) console.log(`${result.stdout}${result.stderr}`);
  }
  const still = missing.filter(({ isThere }) => !isThere()).map(({ name }) => name);
  // Under CI the tests themselves fail then.
  if (still.length > 0)
    console.log(`Skipped, since not installed here: the tests that need ${still.join(', ')}.`);
}

/** How to run a command as root; undefined where this machine is another's to change. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return process.env.CI && isOnPath('sudo') ? ['sudo', '-nE'] : undefined;
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`));
}
