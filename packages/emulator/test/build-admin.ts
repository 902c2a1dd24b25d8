import { mkdir, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export const ADMIN_FOLDER: string = fileURLToPath(new URL('../dist/admin/', import.meta.url));

/** Builds the page from its sources, so that no test uses an old one. Several test files may do so at the same time. */
export async function buildAdmin(): Promise<void> {
  const configFile = fileURLToPath(new URL('../admin/vite.config.ts', import.meta.url));
  const built = await build({ configFile, build: { write: false } });
  if (!('output' in built)) throw new Error('expected one build of the Admin page');
  await mkdir(ADMIN_FOLDER, { recursive: true });
  for (const file of built.output) {
    const path = ADMIN_FOLDER + file.fileName;
    await writeFile(`${path}.${process.pid}`, file.type === 'chunk' ? file.code : file.source);
    await rename(`${path}.${process.pid}`, path);
  }
}
