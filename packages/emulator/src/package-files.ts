import { readFile } from 'node:fs/promises';

/** The package's folder: sources and build are one level below it. */
const ROOT = new URL('../', import.meta.url);

/** @param path within the package */
export function readPackageFile(path: string): Promise<Buffer> {
  return readFile(new URL(path, ROOT));
}
