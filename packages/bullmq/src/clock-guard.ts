import type { Backend } from './backend.ts';
import type { InboxQueue } from './inbox-queue.ts';

const SLACK_MS = 60_000;
const TELL_MS = 3_600_000;

/** Notices that the clock of the server itself was ahead and has been set back. */
export interface ClockGuard {
  /** Makes the entries due that would wait for as long as the clock was wrong. */
  check(): Promise<void>;
  problems(): readonly string[];
}

export function createClockGuard({ ask }: InboxQueue, backend: Backend): ClockGuard {
  let found = { count: 0, atMs: Number.NEGATIVE_INFINITY };
  return {
    async check() {
      const ids = await ask(async (queue) => {
        await backend.clock.refresh();
        return backend.findFromFuture(queue, backend.clock.nowMs() + SLACK_MS);
      });
      for (const id of ids) {
        await ask(async (queue) => {
          const job = await queue.getJob(id);
          if (await job?.isDelayed()) await job?.promote();
        });
      }
      if (ids.length > 0) found = { count: ids.length, atMs: performance.now() };
    },

    problems() {
      if (performance.now() - found.atMs > TELL_MS) return [];
      return [
        `${found.count} events had been tried at times that are still in the future, so the clock of the server was ahead and ` +
          'was set back. They are due now. Let that clock be corrected gradually, as NTP does by default.',
      ];
    },
  };
}
