import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import type { Engine } from './engine.ts';

/** Changes within this time are written once. */
const WRITE_AFTER_MS = 100;

export interface StateFile {
  /** Writes what has changed, and stops. */
  close(): Promise<void>;
}

/**
 * Reads the file into the engine, if it exists, and writes it after every change.
 *
 * @throws Error if the file does not contain a state; Node's error if the file cannot be read or written
 */
export async function openStateFile(path: string, engine: Engine): Promise<StateFile> {
  await load(path, engine);
  let timer: NodeJS.Timeout | undefined;
  let writing = write(path, engine); // A path that cannot be written to is reported at the start.
  await writing;

  const save = () => {
    timer = undefined;
    // A write that fails is tried again at the next change. close() reports the last failure.
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
    const why = cause instanceof SyntaxError ? 'It is not JSON.' : (cause as Error).message;
    throw new Error(`${path} is not a state of the emulator. ${why} Fix the file or move it away.`, {
      cause,
    });
  }
}

/**
 * Writes the whole state to a new file and moves that into place, so that a crash or a full disk never leaves half a
 * state. Only the owner may read it, because it contains signature keys. A symlink at the path is replaced, not followed.
 */
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
