import { readFile, stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { usageError } from '../cli-error.ts';
import { askSecret } from '../terminal/ask-secret.ts';
import type { Io } from '../terminal/io.ts';

const stdinReaders = new WeakMap<Io, string>();

/**
 * Reads what an argument stands for: the bytes of a file for `@file`, of stdin for `-`, otherwise its own text.
 *
 * @param name the argument's name, for errors
 */
export async function readInput(argument: string, name: string, io: Io): Promise<Buffer> {
  if (argument === '-') {
    claimStdin(name, io);
    if (io.stdin.isTTY) io.stderr.write(`Type or paste ${name}, then press Ctrl-D.\n`);
    return buffer(io.stdin);
  }
  if (argument.startsWith('@')) return readPath(argument.slice(1), name);
  await refuseFileName(argument, name);
  return Buffer.from(argument);
}

/** Reads a secret like `readInput`, but as one line: the line break at a file's end is not a part of it. */
export async function readSecret(argument: string, name: string, io: Io): Promise<string> {
  let text: string;
  if (argument === '-' && io.stdin.isTTY) {
    claimStdin(name, io);
    text = await askSecret(`Paste ${name}, then press Enter (it is not shown): `, io);
  } else {
    text = (await readInput(argument, name, io)).toString();
  }
  if (text.trim() === '')
    throw usageError(`${name} is blank.`, 'Check the file or the variable it comes from.');
  return argument === '-' || argument.startsWith('@') ? text.replace(/\r?\n$/, '') : text;
}

/** Reads an argument like `readInput`, as JSON. */
export async function readJson(argument: string, name: string, io: Io): Promise<unknown> {
  const text = (await readInput(argument, name, io)).toString();
  try {
    return JSON.parse(text);
  } catch {
    throw usageError(`${name} is not JSON.`, 'Pass JSON in quotes, @file, or - for stdin.');
  }
}

/** Reads a file. An error names the argument and the path, and never what is in the file. */
export async function readPath(path: string, name?: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: 'does not exist', EISDIR: 'is a folder', EACCES: 'is not readable for you' }[
      code ?? ''
    ];
    const file = name === undefined ? 'The file' : `${name}: the file`;
    throw usageError(`${file} "${path}" ${reason ?? `cannot be read (${code})`}.`);
  }
}

/** A forgotten "@" would send the name of the file, or sign with it. Only the name of a file that exists is shown. */
async function refuseFileName(text: string, name: string): Promise<void> {
  const found = await stat(text).catch(() => undefined);
  if (!found?.isFile()) return;
  throw usageError(
    `The value of ${name} is the name of a file. Did you mean @${text}?`,
    'With "@" before the name, the file is read. If you mean the text itself, pass it on stdin, with "-".',
  );
}

function claimStdin(name: string, io: Io): void {
  const reader = stdinReaders.get(io);
  if (reader) throw usageError(`${reader} and ${name} both read stdin.`, 'Pass one of them as @file.');
  stdinReaders.set(io, name);
}
