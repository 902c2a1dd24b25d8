import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const SCRIPT = new URL('../../scripts/servers.mjs', import.meta.url).href;
const SKIPPED =
  /^Skipping the tests that need redis-server, .+, or tmux\. To install what is missing: npm test -- --install\n$/;

interface Machine {
  readonly isAsked: boolean;
  readonly isCi?: boolean;
  /** What the machine's apt-get does. Without it, the machine has none. */
  readonly aptGet?: 'installs' | 'fails';
}

/** Runs the script on a machine on which all it can find are `env`, `sudo` and perhaps `apt-get`. */
function prepare({ isAsked, isCi = false, aptGet }: Machine) {
  const folder = mkdtempSync(join(tmpdir(), 'showpad-webhooks-servers-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, 'bin');
  const log = join(folder, 'apt-get.log');
  const addProgram = (name: string, text: string) =>
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });

  mkdirSync(bin);
  symlinkSync('/usr/bin/env', join(bin, 'env'));
  addProgram('sudo', 'if [ "$1" = -n ]; then shift; fi; exec "$@"');
  const programs = ['redis-server', 'postgres', 'pgbouncer', 'pgrep', 'tmux'];
  const installs = programs.map((name) => `: > ${bin}/${name}`).join('\n');
  if (aptGet)
    addProgram(
      'apt-get',
      `echo "$@" >> ${log}\n${aptGet === 'fails' ? 'echo no such package; exit 100' : installs}`,
    );

  const code = `import { prepareServers } from '${SCRIPT}'; prepareServers({ isAsked: ${isAsked} });`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    env: { PATH: bin, CHROMIUM: '/a/chromium', ...(isCi && { CI: 'true' }) },
    encoding: 'utf8',
  });
  return { status, stdout, stderr, calls: existsSync(log) ? readFileSync(log, 'utf8') : '' };
}

test('npm test installs nothing unless it is asked to, and says what it skips', () => {
  const { status, stdout, calls } = prepare({ isAsked: false, aptGet: 'installs' });
  expect({ status, calls }).toEqual({ status: 0, calls: '' });
  expect(stdout).toMatch(SKIPPED);
});

test.each([
  ['--install', { isAsked: true }],
  ['CI', { isAsked: false, isCi: true }],
])('with %s, what is missing is installed', (_name, machine) => {
  const { status, stdout, calls } = prepare({ ...machine, aptGet: 'installs' });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Installing redis-server, .+ with apt-get …\n$/);
  expect(calls).toMatch(/^-qq install -y --no-install-recommends redis-server .*tmux.*\n$/);
});

test.each([
  ['--install', { isAsked: true }],
  ['CI', { isAsked: false, isCi: true }],
])('with %s, a program that cannot be installed is a failure', (_name, machine) => {
  const { status, stderr, calls } = prepare({ ...machine, aptGet: 'fails' });
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^no such package\n\nredis-server, .+ could not be installed\. Install what is missing by hand\.\n$/,
  );
  // The lists of packages may just be old, so they are updated once.
  expect(calls.split('\n').map((call) => call.split(' ')[1])).toEqual([
    'install',
    'update',
    'install',
    undefined,
  ]);
});

test('in CI, a machine without apt-get is a failure', () => {
  const { status, stderr } = prepare({ isAsked: false, isCi: true });
  expect(status).toBe(1);
  expect(stderr).toContain('This machine has no apt-get.\nredis-server, ');
});
