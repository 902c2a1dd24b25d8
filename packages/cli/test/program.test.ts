import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { describe, expect, test, vi } from 'vitest';
import { createProgram } from '../src/program.ts';
import { runCommand, valuesOf } from './command.ts';

const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
const { program } = createProgram({ stdin, stdout, stderr, env: {}, signal: new AbortController().signal });
const commands = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(commands)];
const all = commands(program);
const options = all.flatMap((command) => command.options);

describe('help', () => {
  test('every text begins with a capital letter and has no full stop', () => {
    const described = [...all, ...options, ...all.flatMap(({ registeredArguments }) => registeredArguments)];
    const texts = described.map((each) =>
      typeof each.description === 'string' ? each.description : each.description(),
    );
    expect(texts.length).toBeGreaterThan(80);
    for (const text of texts) expect(text).toMatch(/^[A-Z].*[^.]$/);
  });

  test('of the whole command lists the commands, and says what the exit codes mean', async () => {
    const { exitCode, stdout: help } = await runCommand(['--help']);
    expect(exitCode).toBe(0);
    for (const command of program.commands) expect(help).toContain(`  ${command.name()}`);
    expect(help).toContain('The exit code is 0 on success');
  });
});

test.each([
  ['an option', ['--\u009b2J\u001b]0;x\u202e']],
  ['a command', ['\u009b2J\u202e']],
  ['a value', ['listen', '--port', '\u009b2J\u202e']],
  ['a URL', ['replay', '\u009b2J\u202e', '--to', 'http://127.0.0.1', '--key', 'a-key']],
])('an error shows no control character of %s', async (_title, args) => {
  const { exitCode, stdout: out, stderr: errors } = await runCommand(args);
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
  expect(errors).toContain('\\u009b2J');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
  expect(errors).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

describe('the environment', () => {
  test('stands in for a few flags, and for no other', async () => {
    expect(options.filter(({ envVar }) => envVar !== undefined)).toEqual([]);
    const named = options.map(({ description }) => /SHOWPAD_\w+/.exec(description)?.[0]).filter(Boolean);
    expect([...new Set(named)].toSorted()).toEqual([
      'SHOWPAD_BASE_URL',
      'SHOWPAD_JSON',
      'SHOWPAD_QUIET',
      'SHOWPAD_SIGNATURE_KEY',
      'SHOWPAD_SUBDOMAIN',
      'SHOWPAD_TOKEN',
    ]);
  });

  test.each([
    ['1', true],
    ['true', true],
    ['0', false],
    ['false', false],
    ['', false],
  ])('SHOWPAD_JSON="%s" turns --json on: %s', async (value, isOn) => {
    const { stdout } = await runCommand(['events', 'list'], { env: { SHOWPAD_JSON: value } });
    expect(stdout.startsWith('{')).toBe(isOn);
  });

  test('SHOWPAD_QUIET turns --quiet on', async () => {
    const show = ['events', 'show', 'COURSE_COMPLETED'];
    expect((await runCommand(show)).stderr).toContain('inferred');
    expect((await runCommand(show, { env: { SHOWPAD_QUIET: '1' } })).stderr).toBe('');
  });

  test('is the one that the run was given, and never that of the process', async () => {
    vi.stubEnv('SHOWPAD_SIGNATURE_KEY', 'key-of-the-process').stubEnv('SHOWPAD_JSON', '1');
    try {
      const without = await runCommand(['sign', '--body', 'x']);
      expect(without).toMatchObject({ exitCode: 2, stdout: '' });
      const sign = ['sign', '--body', 'x', '--timestamp', '1', '--json'];
      const given = await runCommand(sign, { env: { SHOWPAD_SIGNATURE_KEY: 'key-of-the-run' } });
      expect(valuesOf(given)).toEqual(valuesOf(await runCommand([...sign, '--key', 'key-of-the-run'])));
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

test('the stack of an error is shown only if SHOWPAD_DEBUG is set', async () => {
  const quiet = await runCommand(['sign', '--body', 'x']);
  expect(quiet.stderr).not.toContain('    at ');
  const loud = await runCommand(['sign', '--body', 'x'], { env: { SHOWPAD_DEBUG: '1' } });
  expect(loud.stderr).toContain('    at ');
});
