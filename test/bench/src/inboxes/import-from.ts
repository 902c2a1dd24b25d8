import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Packages {
  readonly '@showpad-webhooks/sqlite': typeof import('@showpad-webhooks/sqlite');
  readonly '@showpad-webhooks/postgres': typeof import('@showpad-webhooks/postgres');
  readonly '@showpad-webhooks/bullmq': typeof import('@showpad-webhooks/bullmq');
}

/**
 * Imports what was built of a package in other checkouts of this repository. The result has the names of their folders.
 *
 * @throws Error if it was not built there, or if two of the folders have one name.
 */
export async function importFrom<Name extends keyof Packages>(
  name: Name,
  checkouts: readonly string[] = [],
): Promise<Readonly<Record<string, Packages[Name]>>> {
  const folder = name.replace('@showpad-webhooks/', '');
  const imported: Record<string, Packages[Name]> = {};
  for (const checkout of checkouts) {
    const file = join(checkout, 'packages', folder, 'dist/index.mjs');
    if (!existsSync(file)) throw new Error(`There is no ${file}. Run "pnpm build" in that checkout.`);
    if (basename(checkout) in imported) throw new Error(`Two checkouts are named "${basename(checkout)}".`);
    imported[basename(checkout)] = await import(pathToFileURL(file).href);
  }
  return imported;
}

export function mapValues<From, To>(
  values: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
