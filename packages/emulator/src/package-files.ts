import { readFile } from 'node:fs/promises';

/** The folder of the package. Sources and build are both one level below it. */
const ROOT = new URL('../', import.meta.url);

/** @param path relative to the package */
export function readPackageFile(path: string): Promise<Buffer> {
  return readFile(new URL(path, ROOT));
}
