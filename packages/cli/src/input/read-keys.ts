import { usageError } from '../cli-error.ts';
import type { Io } from '../terminal/io.ts';
import { readSecret } from './read-input.ts';

const VARIABLE = 'SHOWPAD_SIGNATURE_KEY';

/** Reads the keys of `--key`, or else the key of SHOWPAD_SIGNATURE_KEY. There is at least one. */
export async function readKeys(
  keys: readonly string[] | undefined,
  io: Io,
  flag: string = '--key',
): Promise<readonly string[]> {
  const found = await readKeysAsGiven(keys, io, flag);
  if (found.some((key) => key !== key.trim())) {
    const name = keys ? flag : VARIABLE;
    throw usageError(`The key in ${name} begins or ends with white space.`, 'Remove the white space.');
  }
  return found;
}

/** Reads the key of SHOWPAD_SIGNATURE_KEY, if it is set, for a command that needs none. */
export async function readSuggestedKey(io: Io): Promise<string | undefined> {
  const [key] = io.env[VARIABLE]?.trim() ? await readKeys(undefined, io) : [];
  return key;
}

/** Reads the keys like `readKeys`, but with the white space around them, which `verify --explain` reports. */
export async function readKeysAsGiven(
  keys: readonly string[] | undefined,
  io: Io,
  flag: string = '--key',
): Promise<readonly string[]> {
  if (keys) {
    const found: string[] = [];
    for (const key of keys) found.push(await readSecret(key, flag, io));
    return found;
  }
  const variable = io.env[VARIABLE];
  if (variable !== undefined) return [await readSecret(variable, VARIABLE, io)];
  throw usageError(
    'A signature key is missing.',
    `Pass --key @file, or --key - to read it from stdin, or set ${VARIABLE}.`,
  );
}

/** Reads the keys like `readKeys`, each with a label that says where it comes from. */
export async function readLabelledKeys(
  keys: readonly string[] | undefined,
  io: Io,
): Promise<readonly { readonly label: string; readonly key: string }[]> {
  const found = await readKeys(keys, io);
  return found.map((key, index) => ({ label: keys ? labelOf(keys[index], index) : VARIABLE, key }));
}

/** A key that is passed as text must not become its label. */
function labelOf(argument = '', index: number): string {
  if (argument === '-') return 'stdin';
  return argument.startsWith('@') ? argument.slice(1) : `key ${index + 1}`;
}

/** Reads the one key that a command works with. */
export async function readOneKey(
  keys: readonly string[] | undefined,
  reason: string,
  io: Io,
): Promise<string> {
  const [key = '', ...more] = await readKeys(keys, io);
  if (more.length > 0) throw usageError(reason, 'Pass --key once.');
  return key;
}

/** Reads the keys of `--other-key name=…`. */
export async function readNamedKeys(
  keys: readonly string[],
  io: Io,
): Promise<readonly { readonly label: string; readonly key: string }[]> {
  const found: { label: string; key: string }[] = [];
  for (const argument of keys) {
    const [, label, key] = /^([\w.-]+)=(.+)$/s.exec(argument) ?? [];
    if (!label || !key) {
      throw usageError('--other-key must be a name, "=" and the key, for example crm=@crm.key.');
    }
    found.push({ label, key: await readSecret(key, '--other-key', io) });
  }
  return found;
}
