import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file that only its owner can read. The whole text is on the disk before it replaces the old file, because
 * it may be a key that is shown only once. A link at the path is replaced too, and what it points to stays as it is.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Whether only its owner can read and write a file. Windows has no such modes, so there it is taken for private. */
export async function isPrivateFile(path: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const { mode } = await stat(path);
  return (mode & 0o077) === 0;
}
