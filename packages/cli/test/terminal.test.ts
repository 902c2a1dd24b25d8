import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { COMMAND, isInstalled, openFolder, runCommand } from './command.ts';

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** What a terminal shows of the command, its colours as escape sequences. */
function runInTerminal(args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const socket = `${openFolder()}/${randomUUID()}`;
  const tmux = (...given: readonly string[]) =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...given], { encoding: 'utf8' });
  onTestFinished(() => void tmux('kill-server'));
  const variables = Object.entries({ NO_COLOR: '', ...env }).map(
    ([name, value]) => `${name}=${quote(value)}`,
  );
  const command = [...COMMAND, ...args].map(quote).join(' ');
  // It stays open until it is looked at.
  const line = `env ${variables.join(' ')} ${command}; tmux -S ${quote(socket)} wait-for -S done; cat`;
  tmux('new-session', '-d', '-x', '160', '-y', '50', line);
  tmux('wait-for', 'done');
  return tmux('capture-pane', '-e', '-p');
}

const ESCAPE = '\u001b[';
const LIST = ['events', 'list'];

describe.runIf(isInstalled('tmux'))('in a terminal', () => {
  test('results and errors are coloured', () => {
    expect(runInTerminal(LIST)).toContain(`${ESCAPE}2m`);
    expect(runInTerminal(['events', 'show', 'nope'])).toContain(`${ESCAPE}31merror:`);
  });

  test.each([
    ['NO_COLOR', LIST, { NO_COLOR: '1' }],
    ['--no-color', [...LIST, '--no-color'], {}],
    ['a terminal that has none', LIST, { TERM: 'dumb' }],
    ['--json', [...LIST, '--json'], {}],
  ] as const)('nothing is coloured by %s', (_title, args, env) => {
    const shown = runInTerminal(args, env);
    expect(shown).toContain('COURSE_COMPLETED');
    expect(shown).not.toContain(ESCAPE);
  });
});

test('nothing is coloured in a pipe', async () => {
  const { stdout } = await runCommand(LIST);
  expect(stdout).toContain('COURSE_COMPLETED');
  expect(stdout).not.toContain(ESCAPE);
  expect((await runCommand(['events', 'show', 'nope'])).stderr).not.toContain(ESCAPE);
});

test('a reader that has seen enough is no error', () => {
  const line = `${COMMAND.map(quote).join(' ')} --help | head -n 1`;
  const { stdout, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', line], { encoding: 'utf8' });
  expect(stdout).toBe('Usage: showpad-webhooks [options] [command]\n');
  expect(stderr).toBe('');
});

test('says the error’s stack only where it is asked to', async () => {
  const quiet = await runCommand(['sign', '--body', 'x']);
  expect(quiet.stderr).not.toContain('    at ');
  const loud = await runCommand(['sign', '--body', 'x'], { env: { SHOWPAD_DEBUG: '1' } });
  expect(loud.stderr).toContain('    at ');
});
