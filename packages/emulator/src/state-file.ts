import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import type { Engine } from './engine.ts';

/** Changes within this time are written once. */
const WRITE_AFTER_MS = 100;

export interface StateFile {
  /** Writes what has changed and stops. */
  close(): Promise<void>;
}

/**
 * Reads the file, where there is one, into the engine and writes it at every change: whole, beside the old one,
 * and then in its place. Only its owner may read it, since it holds the signature keys.
 *
 * @throws Error that names a file which is no state; Node's own where it can't be read or written
 */
export async function openStateFile(path: string, engine: Engine): Promise<StateFile> {
  await load(path, engine);
  let timer: NodeJS.Timeout | undefined;
  let writing = write(path, engine); // At once, so that a path that can't be written to is no surprise later.
  await writing;

  const save = () => {
    timer = undefined;
    // A full disk now may have room at the next change; close() tells of the last.
    writing = writing.catch(() => {}).then(() => write(path, engine));
    writing.catch(() => {});
  };
  const stopListening = engine.hub.listen(() => {
    timer ??= setTimeout(save, WRITE_AFTER_MS).unref();
  });
  return {
    close() {
      stopListening();
      if (timer) {
        clearTimeout(timer);
        save();
      }
      return writing;
    },
  };
}

async function load(path: string, engine: Engine): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return;
  try {
    engine.importState(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'it is no JSON' : (cause as Error).message;
    throw new Error(`${path} is no state of the emulator: ${why} Mend it, or move it away.`, { cause });
  }
}

async function write(path: string, engine: Engine): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(engine.exportState({ includeKeys: true }), null, 2)}\n`);
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
