import { setTimeout as delay } from 'node:timers/promises';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Does something again for as long as the server refuses it, for example because its disk is full or it has no replica. It
 * gives up when `durationMs` is over. It does not try again after other errors: BullMQ itself does if the connection is lost.
 */
export async function retryRefused<T>(run: () => Promise<T>, durationMs: number): Promise<T> {
  const endMs = performance.now() + durationMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await run();
    } catch (error) {
      if (!isRefused(error) || performance.now() + pauseMs > endMs) throw error;
    }
    await delay(pauseMs);
  }
}

/** True if the server answered with an error. Nothing was changed then. */
export function isRefused(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
