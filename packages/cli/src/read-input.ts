import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { usageError } from './cli-error.ts';
import type { Io } from './io.ts';

const stdinReaders = new WeakMap<Io, string>();

/**
 * What an argument stands for: the bytes of a file for `@file`, of stdin for `-`, else its own text.
 *
 * @param name the flag's, for errors
 */
export async function readInput(argument: string, name: string, io: Io): Promise<Buffer> {
  if (argument === '-') return readStdin(name, io);
  return argument.startsWith('@') ? readPath(argument.slice(1), name) : Buffer.from(argument);
}

/** A file's bytes; an error names the flag and the path, and never what is in it. */
async function readPath(path: string, name: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = { ENOENT: 'is not there', EISDIR: 'is a folder', EACCES: 'may not be read' }[code ?? ''];
    throw usageError(`${name}: the file "${path}" ${why ?? `can't be read (${code})`}.`);
  }
}

async function readStdin(name: string, io: Io): Promise<Buffer> {
  const reader = stdinReaders.get(io);
  if (reader) throw usageError(`${reader} and ${name} both read stdin: pass one of them as @file.`);
  stdinReaders.set(io, name);
  return buffer(io.stdin);
}

/** JSON of an argument, as of `readInput`. */
export async function readJson(argument: string, name: string, io: Io): Promise<unknown> {
  const text = (await readInput(argument, name, io)).toString();
  try {
    return JSON.parse(text);
  } catch {
    throw usageError(`${name} is not JSON.`, 'Pass JSON in quotes, @file, or - for stdin.');
  }
}
