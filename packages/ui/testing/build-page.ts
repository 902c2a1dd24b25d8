import { mkdir, rename, writeFile } from 'node:fs/promises';
import { build } from 'vite';

/**
 * Builds a page from its sources, so that no test uses an old one. Several test files may do so at the same time.
 *
 * @param folder where the page is served from. It ends with a slash.
 */
export async function buildPage(configFile: string, folder: string): Promise<void> {
  const built = await build({ configFile, build: { write: false } });
  if (!('output' in built)) throw new Error(`expected one build of ${configFile}`);
  await mkdir(folder, { recursive: true });
  for (const file of built.output) {
    const path = folder + file.fileName;
    await writeFile(`${path}.${process.pid}`, file.type === 'chunk' ? file.code : file.source);
    await rename(`${path}.${process.pid}`, path);
  }
}
