import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError } from '../cli-error.ts';

export interface LoadedPackage {
  readonly exports: Readonly<Record<string, unknown>>;
  /** Imports a package that this one uses. */
  loadPeer(name: string): Promise<Readonly<Record<string, unknown>>>;
}

/**
 * Imports a package from the project of the user, or from where this command is installed. The stores are not dependencies of
 * the command, because each app needs only one of them.
 *
 * @param root the folder of the project
 * @throws CliError if it is not installed
 */
export async function loadPackage(name: string, root: string): Promise<LoadedPackage> {
  const project = join(root, 'package.json');
  const path = resolveFrom([project, import.meta.url], name);
  return {
    exports: await importPath(path),
    loadPeer: async (peer) => importPath(resolveFrom([path, project], peer)),
  };
}

function resolveFrom(places: readonly string[], name: string): string {
  for (const place of places) {
    try {
      return createRequire(place).resolve(name);
    } catch {
      // It is not installed there.
    }
  }
  throw new CliError(
    `This store needs the package ${name}, which is not installed here.`,
    `Run the command in the folder of your app, or install the package that the app uses: npm install ${name}`,
  );
}

function importPath(path: string): Promise<Readonly<Record<string, unknown>>> {
  return import(pathToFileURL(path).href);
}
