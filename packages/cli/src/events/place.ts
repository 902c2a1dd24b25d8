import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import { PACKAGES } from './app-package.ts';
import { writeIfChanged } from './catalogue.ts';
import type { GenerateOptions } from './generate.ts';
import { isObject } from './json-schema.ts';

/** What the flags of a command say about a catalogue. */
export interface PlaceFlags {
  readonly dir: string;
  readonly out?: string;
  readonly package?: string;
}

const SETTINGS = 'settings.json';

/** Finds the app that a catalogue belongs to: the nearest folder around it with a package.json. */
export function rootOf(dir: string): { readonly root: string; readonly folder: string } {
  const path = resolve(dir);
  const parent = dirname(path);
  let root = parent;
  while (!existsSync(join(root, 'package.json')) && dirname(root) !== root) root = dirname(root);
  if (!existsSync(join(root, 'package.json'))) root = parent;
  return { root, folder: relative(root, path).replaceAll('\\', '/') };
}

/** The flags that change what is generated are kept with the catalogue, so that every later run uses them too. */
export async function readPlace({ dir, out, package: name }: PlaceFlags): Promise<GenerateOptions> {
  const { root, folder } = rootOf(dir);
  const path = join(dir, SETTINGS);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const saved = text === undefined ? {} : parse(text, path);
  const {
    root: _,
    folder: __,
    ...given
  } = { root, folder, ...saved, ...(out && { out }), ...(name && { package: name }) };
  if (given.package !== undefined && !PACKAGES.includes(given.package)) {
    // TypeScript would not say so, because it does not check the generated file.
    throw new CliError(
      `"${given.package}" is not a package whose types can be extended.`,
      `Pass one of these with --package: ${PACKAGES.join(', ')}.`,
    );
  }
  if (out || name) await writeIfChanged(path, `${JSON.stringify(given, null, 2)}\n`);
  return { root, folder, ...given };
}

function parse(text: string, path: string): Pick<GenerateOptions, 'out' | 'package'> {
  try {
    const settings = JSON.parse(text);
    if (isObject(settings)) {
      const { out, package: name } = settings;
      return { ...(typeof out === 'string' && { out }), ...(typeof name === 'string' && { package: name }) };
    }
  } catch {
    // The error below says it.
  }
  throw new CliError(`"${path}" is not a JSON object.`, 'Restore the file, or delete it.');
}
