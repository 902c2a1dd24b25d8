import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writePrivateFile } from '../src/input/private-file.ts';
import { openFolder } from './command.ts';

test('a private file and its new folder can be read by their owner only', async () => {
  const file = join(openFolder(), 'new', 'file');
  await writePrivateFile(file, 'a secret');
  expect(readFileSync(file, 'utf8')).toBe('a secret');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
});

test('a file that everyone could read becomes private', async () => {
  const file = join(openFolder(), 'file');
  writeFileSync(file, 'old');
  chmodSync(file, 0o666);
  await writePrivateFile(file, 'a secret');
  expect(readFileSync(file, 'utf8')).toBe('a secret');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a link at the path is replaced, and its target stays as it is', async () => {
  const folder = openFolder();
  const [link, target] = [join(folder, 'link'), join(folder, 'target')];
  writeFileSync(target, 'of somebody else');
  symlinkSync(target, link);
  await writePrivateFile(link, 'a secret');
  expect(readFileSync(target, 'utf8')).toBe('of somebody else');
  expect(readFileSync(link, 'utf8')).toBe('a secret');
});

test('a failure leaves what was there, and no other file', async () => {
  const folder = openFolder();
  mkdirSync(join(folder, 'file'));
  await expect(writePrivateFile(join(folder, 'file'), 'a secret')).rejects.toThrow('EISDIR');
  expect(readdirSync(folder)).toEqual(['file']);
});
