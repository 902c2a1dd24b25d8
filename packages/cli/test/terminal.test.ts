import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createEmulator } from '@showpad-webhooks/emulator';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openFolder } from './command.ts';
import { startSqliteApp } from './inbox-app.ts';
import { COMMAND, isInstalled } from './process.ts';

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

interface Terminal {
  /** What it shows, with colours as escape sequences. */
  shown(): string;
  type(text: string): void;
  /** Resolves when the command has ended. */
  ended(): void;
}

/** Runs the command in a terminal. */
function openTerminal(args: readonly string[], env: Readonly<Record<string, string>> = {}): Terminal {
  const socket = `${openFolder()}/${randomUUID()}`;
  const tmux = (...given: readonly string[]) =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...given], { encoding: 'utf8' });
  onTestFinished(() => void tmux('kill-server'));
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
  const command = [...COMMAND, ...args].map(quote).join(' ');
  // The pane stays open after the command, so that it can be looked at.
  const line = `env -u NO_COLOR -u FORCE_COLOR ${variables.join(' ')} ${command}; tmux -S ${quote(socket)} wait-for -S done; cat`;
  tmux('new-session', '-d', '-x', '160', '-y', '50', line);
  return {
    shown: () => tmux('capture-pane', '-e', '-p'),
    type: (text) => void tmux('send-keys', '-l', '--', text),
    ended: () => void tmux('wait-for', 'done'),
  };
}

function shownBy(args: readonly string[], env?: Readonly<Record<string, string>>): string {
  const terminal = openTerminal(args, env);
  terminal.ended();
  return terminal.shown();
}

const ESCAPE = '\u001b[';
const LIST = ['events', 'list'];

describe.runIf(isInstalled('tmux'))('in a terminal', () => {
  test('results and errors are coloured', () => {
    expect(shownBy(LIST)).toContain(`${ESCAPE}2m`);
    expect(shownBy(['events', 'show', 'nope'])).toContain(`${ESCAPE}31merror:`);
  });

  test.each([
    ['NO_COLOR', LIST, { NO_COLOR: '1' }],
    ['--no-color', [...LIST, '--no-color'], {}],
    ['a terminal that has no colours', LIST, { TERM: 'dumb' }],
    ['--json', [...LIST, '--json'], {}],
  ] as const)('nothing is coloured with %s', (_title, args, env) => {
    const shown = shownBy(args, env);
    expect(shown).toContain('COURSE_COMPLETED');
    expect(shown).not.toContain(ESCAPE);
  });

  test('login asks for the token, and does not show what is typed', async () => {
    const emulator = await createEmulator();
    onTestFinished(() => emulator.close());
    const folder = openFolder();
    const terminal = openTerminal(['login', '--base-url', `${emulator.url}/webhooks/v1`], {
      XDG_CONFIG_HOME: folder,
    });
    await expect.poll(() => terminal.shown()).toContain('Paste --token');
    terminal.type(`${emulator.accessToken}\r`);
    await expect.poll(() => terminal.shown()).toContain('Logged in to');
    expect(terminal.shown()).not.toContain(emulator.accessToken);
    const file = join(folder, 'showpad-webhooks/account.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ token: emulator.accessToken });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s leaves the question without an answer', async (_title, key) => {
    const terminal = openTerminal(['sign', '--body', 'x', '--key', '-']);
    await expect.poll(() => terminal.shown()).toContain('Paste --key');
    terminal.type(key);
    terminal.ended();
    expect(terminal.shown()).toContain('Nothing was entered.');
  });

  test('at 3 a.m., what is dead is found, understood, retried and discarded', async () => {
    const app = await startSqliteApp('one', 'two', 'three');
    const inInbox = (...args: readonly string[]) => ['inbox', ...args, '--store', app.store];
    const list = shownBy(inInbox('list', '--no-color'));
    expect(list).toContain('dead  three  shared-space-user-added');
    expect(list).toContain('The handler "crm"');
    expect(shownBy(inInbox('show', 'one', '--no-color'))).toMatch(/Handlers done +audit/);

    const unsure = openTerminal(inInbox('retry', '--all'));
    await expect.poll(() => unsure.shown()).toContain('Retry 3 dead entries of the inbox');
    unsure.type('\r');
    unsure.ended();
    expect(unsure.shown()).toContain('Nothing was changed.');
    expect(await app.inbox.counts()).toMatchObject({ dead: 3 });

    app.repair();
    const sure = openTerminal(inInbox('retry', 'one', 'two', '--no-color'));
    await expect.poll(() => sure.shown()).toContain('[y/N]');
    sure.type('y\r');
    // To wait with ended() would block this process, and the app runs in it.
    await expect.poll(() => sure.shown()).toContain('done: 2');
    expect([...app.handled].sort()).toEqual(['one', 'two']);

    const discard = openTerminal(inInbox('discard', 'three', '--no-color'));
    await expect.poll(() => discard.shown()).toContain('[y/N]');
    discard.type('y\r');
    discard.ended();
    expect(discard.shown()).toContain('deleted  three');
    expect(shownBy(inInbox('counts', '--no-color'))).toMatch(/pending 0 {2}leased 0 {2}done 2 {2}dead 0/);
  });
});
