import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../src/program.ts';
import { runCommand } from './command.ts';

const { stdin, stdout, stderr } = process;
const { program } = createProgram({ stdin, stdout, stderr, env: {}, signal: new AbortController().signal });
const commands = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(commands)];
const all = commands(program);

test('every flag has an environment variable', () => {
  const flags = all
    .flatMap(({ options }) => options)
    .filter(({ long }) => long !== '--version' && long !== '--no-color');
  expect(flags.length).toBeGreaterThan(60);
  for (const { envVar, long } of flags)
    expect({ long, envVar }).toEqual({ long, envVar: expect.stringMatching(/^SHOWPAD_/) });
});

test('every command says what it does', () => {
  for (const command of all) expect(command.description()).toMatch(/\.$/);
});

test.each([
  ['1', true],
  ['true', true],
  ['0', false],
  ['false', false],
  ['', false],
])('a variable that is set to "%s" turns its flag on: %s', async (value, isOn) => {
  const { stdout } = await runCommand(['events', 'list'], { env: { SHOWPAD_JSON: value } });
  expect(stdout.startsWith('{')).toBe(isOn);
});
