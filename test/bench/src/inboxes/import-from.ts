import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Packages {
  readonly '@showpad-webhooks/sqlite': typeof import('@showpad-webhooks/sqlite');
  readonly '@showpad-webhooks/postgres': typeof import('@showpad-webhooks/postgres');
  readonly '@showpad-webhooks/bullmq': typeof import('@showpad-webhooks/bullmq');
}

/**
 * Imports what was built of a package in another checkout of this repository.
 *
 * @throws Error if it was not built there.
 */
export async function importFrom<Name extends keyof Packages>(
  checkout: string,
  name: Name,
): Promise<Packages[Name]> {
  const folder = name.replace('@showpad-webhooks/', '');
  const file = join(resolve(checkout), 'packages', folder, 'dist/index.mjs');
  if (!existsSync(file)) throw new Error(`There is no ${file}. Run "pnpm build" in that checkout.`);
  return import(pathToFileURL(file).href);
}
