import { randomUUID } from 'node:crypto';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** A holder shows three times in this time that it lives; after it anybody may take its place. */
const STALE_MS = 10_000;
const POLL_MS = 25;

/**
 * Runs something while no other process does, by a file that only one can make.
 *
 * @throws Error where another holds it for longer than `timeoutMs`
 */
export async function withLockFile<Result>(
  path: string,
  timeoutMs: number,
  run: () => Promise<Result>,
): Promise<Result> {
  const owner = randomUUID();
  const untilMs = Date.now() + timeoutMs;
  while (!(await make(path, owner))) {
    await removeStale(path);
    if (Date.now() > untilMs) {
      throw new Error(`another process holds ${path} for over ${timeoutMs} ms: delete it where none runs.`);
    }
    await pause(POLL_MS);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // Gone, or another's: nothing is left to show.
  }, STALE_MS / 3);
  try {
    return await run();
  } finally {
    clearInterval(heartbeat);
    if ((await read(path)) === owner) await rm(path, { force: true });
  }
}

/** False where it is there. */
async function make(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(content).finally(() => file.close());
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** By one process at a time, or a second would remove what the first has just made in its place. */
async function removeStale(path: string): Promise<void> {
  const guard = `${path}.stale`;
  if (!(await isStale(path)) || !(await make(guard, ''))) {
    if (await isStale(guard)) await rm(guard, { force: true }); // Its maker died within these lines.
    return;
  }
  try {
    if (await isStale(path)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  const found = await stat(path).catch(ignoreMissing);
  return found !== undefined && Date.now() - found.mtimeMs > STALE_MS;
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(ignoreMissing);
}

/** For what another process may have removed: undefined then. */
export function ignoreMissing(error: unknown): undefined {
  if (!isCode(error, 'ENOENT')) throw error;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
