import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type Runtime = 'bun' | 'deno' | 'workerd';

/**
 * Finds the program of a runtime in the package for this platform, which npm has installed next to the runtime's own package.
 * Their install scripts, which copy it, do not run here.
 */
export function binaryOf(runtime: Runtime): string {
  const manifest = createRequire(import.meta.url).resolve(`${runtime}/package.json`);
  const { optionalDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  };
  const name = process.platform === 'win32' ? `${runtime}.exe` : runtime;
  for (const platform of Object.keys(optionalDependencies)) {
    const folder = folderOf(platform, manifest);
    const found = folder && [join(folder, 'bin', name), join(folder, name)].find((file) => existsSync(file));
    if (found) return found;
  }
  throw new Error(`npm has installed no ${runtime} for ${process.platform} ${process.arch}.`);
}

function folderOf(dependency: string, manifest: string): string | undefined {
  try {
    return dirname(createRequire(manifest).resolve(`${dependency}/package.json`));
  } catch {
    return undefined; // It is for another platform.
  }
}

/** The version, as the package's manifest says it. */
export function versionOf(runtime: Runtime): string {
  const manifest = createRequire(import.meta.url).resolve(`${runtime}/package.json`);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;
}
