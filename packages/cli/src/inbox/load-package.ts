import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError } from '../cli-error.ts';

export interface LoadedPackage {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  /** Imports a package that this one uses. */
  loadPeer(name: string): Promise<Readonly<Record<string, unknown>>>;
}

/**
 * Imports those of some packages that are installed, from the project of the user or from where this command is installed. The
 * stores are not dependencies of the command, because each app needs only one of them.
 *
 * @param root the folder of the project
 * @throws CliError if none is installed
 */
export async function loadInstalled(
  names: readonly string[],
  root: string,
): Promise<readonly LoadedPackage[]> {
  const loaded: LoadedPackage[] = [];
  for (const name of names) {
    const path = resolveFrom([join(root, 'package.json'), import.meta.url], name);
    if (path === undefined) continue;
    loaded.push({
      name,
      exports: await importPath(path),
      async loadPeer(peer) {
        const peerPath = resolveFrom([path, join(root, 'package.json')], peer);
        if (peerPath === undefined) throw notInstalled([peer]);
        return importPath(peerPath);
      },
    });
  }
  if (loaded.length === 0) throw notInstalled(names);
  return loaded;
}

function resolveFrom(places: readonly string[], name: string): string | undefined {
  for (const place of places) {
    try {
      return createRequire(place).resolve(name);
    } catch {
      // It is not installed there.
    }
  }
  return undefined;
}

function importPath(path: string): Promise<Readonly<Record<string, unknown>>> {
  return import(pathToFileURL(path).href);
}

function notInstalled(names: readonly string[]): CliError {
  return new CliError(
    `This store needs the package ${names.join(' or ')}, which is not installed here.`,
    `Run the command in the folder of your app, or install the package that the app uses: npm install ${names[0]}`,
  );
}
