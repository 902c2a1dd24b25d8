import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isInstalled, openFolder, runCommand } from './command.ts';

/** Has a shell complete the last of the words, and gives what it would offer. */
type Complete = (script: string, words: readonly string[]) => readonly string[];

const linesOf = (output: string) => output.split(/\s+/).filter((line) => line !== '');

function runShell(shell: string, args: readonly string[], lines: string): readonly string[] {
  const file = join(openFolder(), `completion.${shell}`);
  writeFileSync(file, lines);
  return linesOf(
    execFileSync(shell, [...args, file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  );
}

const SHELLS: Readonly<Record<string, Complete>> = {
  bash: (script, words) =>
    runShell(
      'bash',
      ['--norc'],
      `${script}COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_showpad_webhooks; echo "\${COMPREPLY[@]}"`,
    ),
  // What zsh would offer is what compadd is called with; it filters by itself.
  zsh: (script, words) => {
    const offered = runShell(
      'zsh',
      ['--no-rcs'],
      `compdef() { :; }; compadd() { shift; print -l -- "$@"; }
${script}words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}
_showpad_webhooks`,
    );
    return offered.filter((each) => each.startsWith(words.at(-1) ?? ''));
  },
  fish: (script, words) => {
    const offered = runShell('fish', ['--no-config'], `${script}complete -C '${words.join(' ')}' | cut -f 1`);
    return offered;
  },
};

describe.each(Object.entries(SHELLS))('%s', (shell, complete) => {
  test.runIf(isInstalled(shell))(
    'completes commands, their commands, their flags and event types',
    async () => {
      const { stdout: script, exitCode } = await runCommand(['completion', shell]);
      expect(exitCode).toBe(0);
      const offered = (...words: readonly string[]) =>
        complete(script, ['showpad-webhooks', ...words]).toSorted();
      expect(offered('e')).toEqual(['emulator', 'events']);
      expect(offered('subscriptions', 'l')).toEqual(['list', 'logs']);
      expect(offered('events', 's')).toEqual(['show']);
      expect(offered('verify', '--ex')).toEqual(['--explain']);
      expect(offered('subscriptions', 'sync', '--p')).toEqual(['--prune']);
      expect(offered('verify', '--explain', '--js')).toEqual(['--json']);
      expect(offered('trigger', 'shared')).toEqual(['shared-space-created', 'shared-space-user-added']);
      expect(offered('sign', '--tok')).toEqual([]);
    },
  );
});

test('another shell is refused by its name', async () => {
  const { exitCode, stdout, stderr } = await runCommand(['completion', 'tcsh']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain('bash, zsh, fish');
});
