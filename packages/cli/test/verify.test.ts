import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sign } from '@showpad-webhooks/core';
import { describe, expect, test } from 'vitest';
import { openFolder, runCommand, valuesOf } from './command.ts';

const KEY = 'test-signature-key';
const BODY = '{ "hello": "world" }';
const SECONDS = 1_669_302_166;
const SIGNATURE = '8leDTQHwzePUzTvE0DAyuc3bq6UOCt9p/VT6IA0pBFg=';

interface Signed {
  readonly timestamp: number;
  readonly signature: string;
}

/** The arguments of Showpad's example, but for what is given. */
function verify(flags: Readonly<Record<string, string | undefined>> = {}, ...rest: readonly string[]) {
  const all = {
    body: BODY,
    timestamp: `${SECONDS}`,
    signature: SIGNATURE,
    key: KEY,
    now: `${SECONDS + 12}`,
    ...flags,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return ['verify', ...given.flatMap(([name, value]) => [`--${name}`, value]), ...rest];
}

describe('verify', () => {
  test('exits with 0 for the documented example', async () => {
    const { exitCode, stdout, stderr } = await runCommand(verify());
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: 'The signature is valid. It was made 12 s ago.\n',
      stderr: '',
    });
  });

  test('reads the bytes of a file, and the key from stdin without its line break', async () => {
    const file = join(openFolder(), 'body.json');
    writeFileSync(file, `\ufeff${BODY}\r\n`);
    const signature = sign(`\ufeff${BODY}\r\n`, KEY, SECONDS);
    const given = verify({ body: `@${file}`, signature, key: '-' });
    expect(await runCommand(given, { input: `${KEY}\n` })).toMatchObject({ exitCode: 0 });
  });

  test('takes its key from the environment, but no other flag', async () => {
    const env = { SHOWPAD_SIGNATURE_KEY: KEY, SHOWPAD_BODY: BODY, SHOWPAD_JSON: '1' };
    const finished = await runCommand(verify({ key: undefined }), { env });
    expect(valuesOf(finished)).toEqual([{ isValid: true, ageSeconds: 12 }]);
    const bodiless = await runCommand(verify({ key: undefined, body: undefined }), { env });
    expect(bodiless).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--body <body>') });
  });

  test('exits with 1 and the code if the signature does not match, and shows no key', async () => {
    const { exitCode, stdout } = await runCommand(verify({ key: 'another-key' }));
    expect(exitCode).toBe(1);
    expect(stdout).toContain('SIGNATURE_MISMATCH');
    expect(stdout).toContain('--explain');
    expect(stdout).not.toContain('another-key');
  });

  test('explains the mistake', async () => {
    const { exitCode, stdout } = await runCommand(verify({ body: `${BODY}\n` }, '--explain'));
    expect(exitCode).toBe(1);
    expect(stdout).toContain('Proven: body-end  ');
  });

  test('explains a key with white space around it, and does not only refuse it', async () => {
    const finished = await runCommand(verify({ key: ` ${KEY}` }, '--explain', '--json'));
    expect(finished.exitCode).toBe(1);
    const findings = [expect.objectContaining({ cause: 'key-space', certainty: 'proven' })];
    expect(valuesOf(finished)).toEqual([{ isValid: false, findings }]);
    expect(await runCommand(verify({ key: ` ${KEY}` }))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('begins or ends with white space'),
    });
  });

  test('explains by the name of another key', async () => {
    const given = verify({ key: 'one', 'other-key': `crm=${KEY}` }, '--explain');
    expect((await runCommand(given)).stdout).toContain('made with the key crm');
  });

  test('says what it is not if it is none of the usual mistakes', async () => {
    const { exitCode, stdout } = await runCommand(verify({ key: 'another-key' }, '--explain'));
    expect(exitCode).toBe(1);
    expect(stdout).toContain('No usual mistake makes this signature');
    expect(stdout).not.toContain('Proven');
  });
});

describe('sign', () => {
  test('prints the headers of the documented example', async () => {
    const { stdout } = await runCommand(['sign', '--body', BODY, '--timestamp', `${SECONDS}`, '--key', KEY]);
    expect(stdout).toBe(`x-showpad-signature-timestamp: ${SECONDS}\nx-showpad-signature-v1: ${SIGNATURE}\n`);
  });

  test('prints what verify takes, one signature for each key, now', async () => {
    const body = Buffer.from([0x7b, 0xff, 0x7d, 0x0a]);
    const signed = await runCommand(['sign', '--json', '--body', '-', '--key', 'one', '--key', KEY], {
      input: body,
    });
    const [{ timestamp, signature } = { timestamp: 0, signature: '' }] = valuesOf<Signed>(signed);
    const file = join(openFolder(), 'body');
    writeFileSync(file, body);
    const given = verify({ body: `@${file}`, timestamp: `${timestamp}`, signature, now: undefined });
    expect(await runCommand(given)).toMatchObject({ exitCode: 0 });
  });
});

describe('a mistake of usage exits with 2 and says what is wrong', () => {
  test.each([
    ['an unknown flag', ['sign', '--bdy', 'x', '--body', 'x', '--key', 'x'], "unknown option '--bdy'"],
    ['an unknown command', ['verfy'], "unknown command 'verfy'"],
    ['a missing flag', ['sign', '--key', 'x'], '--body <body>'],
    ['a missing key', ['sign', '--body', 'x'], 'SHOWPAD_SIGNATURE_KEY'],
    ['a blank key', ['sign', '--body', 'x', '--key', ' '], '--key is blank'],
    [
      'a key with white space',
      ['sign', '--body', 'x', '--key', 'x '],
      'The key in --key begins or ends with',
    ],
    [
      'a file name without @',
      ['sign', '--body', 'package.json', '--key', 'x'],
      'Did you mean @package.json?',
    ],
    [
      'a file name for a key',
      ['sign', '--body', 'x', '--key', 'package.json'],
      '--key is the name of a file',
    ],
    [
      'a file that is not there',
      ['sign', '--body', 'x', '--key', '@/not/there'],
      '--key: the file "/not/there"',
    ],
    ['a folder for a file', ['sign', '--body', '@/', '--key', 'x'], '--body: the file "/" is a folder'],
    ['stdin twice', ['sign', '--body', '-', '--key', '-'], '--body and --key both read stdin'],
    ['no number', ['sign', '--body', 'x', '--key', 'x', '--timestamp', '1.5'], 'whole number from 1'],
    ['a key without its name', verify({ 'other-key': 'secret' }, '--explain'), '--other-key must be a name'],
    ['another key for nothing', verify({ 'other-key': 'crm=x' }), '--other-key needs --explain'],
    ['an unknown type', ['events', 'show', 'shared-space'], 'These types have one: shared-space-user-added'],
  ])('%s', async (_title, args, said) => {
    const { exitCode, stdout, stderr } = await runCommand(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('    at ');
  });

  test.each([
    ['', 'SHOWPAD_SIGNATURE_KEY is blank.'],
    [' x', 'The key in SHOWPAD_SIGNATURE_KEY begins or ends with white space.'],
    ['@/not/there', 'SHOWPAD_SIGNATURE_KEY: the file "/not/there" does not exist.'],
  ])('SHOWPAD_SIGNATURE_KEY="%s"', async (value, said) => {
    const env = { SHOWPAD_SIGNATURE_KEY: value };
    const { exitCode, stderr } = await runCommand(['sign', '--body', 'x'], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`error: ${said}\n`);
  });
});
