import { usageError } from './cli-error.ts';
import type { Io } from './io.ts';
import { readInput } from './read-input.ts';

/** The keys given by `--key`, at least one. A line break at a file's end is not a part of its key. */
export async function readKeys(keys: readonly string[] | undefined, io: Io): Promise<readonly string[]> {
  if (!keys) {
    throw usageError(
      'a signature key is missing.',
      'Pass --key @file, --key - to read it from stdin, or set SHOWPAD_SIGNATURE_KEY.',
    );
  }
  const found: string[] = [];
  for (const key of keys) found.push(await readKey(key, '--key', io));
  return found;
}

/** A secret given as text, `@file` or `-`; `name` is its flag. */
export async function readKey(argument: string, name: string, io: Io): Promise<string> {
  const text = (await readInput(argument, name, io)).toString();
  return argument === '-' || argument.startsWith('@') ? text.replace(/\r?\n$/, '') : text;
}

/** The keys given by `--other-key name=…`. */
export async function readNamedKeys(
  keys: readonly string[],
  io: Io,
): Promise<readonly { readonly label: string; readonly key: string }[]> {
  const found: { label: string; key: string }[] = [];
  for (const argument of keys) {
    const [, label, key] = /^([\w.-]+)=(.+)$/s.exec(argument) ?? [];
    if (!label || !key)
      throw usageError('--other-key must be a name, "=" and the key, such as crm=@crm.key.');
    found.push({ label, key: await readKey(key, '--other-key', io) });
  }
  return found;
}
