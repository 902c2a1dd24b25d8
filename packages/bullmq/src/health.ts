import type { InboxHealth } from '@showpad-webhooks/core/inbox';
import { messageOf } from '@showpad-webhooks/core/shared';
import type { Backend, Queue } from './backend.ts';
import type { ClockGuard } from './clock-guard.ts';
import type { InboxQueue } from './inbox-queue.ts';

/** Knows whether entries can be stored. */
export interface Writability {
  /** Notes how a put ended. */
  note(failure: unknown): void;
  /** Undefined if entries can be stored, or else why not. After a put that failed, it tries to write. */
  check(queue: Queue): Promise<string | undefined>;
}

export function createWritability(backend: Backend): Writability {
  let hasFailed = false;
  return {
    note(failure) {
      hasFailed = failure !== undefined;
    },
    async check(queue) {
      if (!hasFailed) return undefined;
      try {
        await backend.tryToWrite(queue);
        hasFailed = false;
        return undefined;
      } catch (cause) {
        return `Events cannot be stored, so deliveries are answered with 503: ${messageOf(cause)}`;
      }
    },
  };
}

export async function checkHealth(
  { ask }: InboxQueue,
  backend: Backend,
  writability: Writability,
  guard: ClockGuard,
): Promise<InboxHealth> {
  try {
    return await ask(async (queue) => {
      const refusal = await writability.check(queue);
      const problems = await backend.findProblems(queue);
      return {
        isReachable: true,
        isWritable: refusal === undefined,
        lagMs: await lagOf(queue, backend),
        problems: [...(refusal === undefined ? [] : [refusal]), ...problems, ...guard.problems()],
      };
    });
  } catch (cause) {
    return { isReachable: false, lagMs: 0, problems: [`The store cannot be read: ${messageOf(cause)}`] };
  }
}

/** How long the job that waits longest has been waiting. It is the last one of the list. */
async function lagOf(queue: Queue, { clock }: Backend): Promise<number> {
  const last = (await queue.getWaitingCount()) - 1;
  const [oldest] = last < 0 ? [] : await queue.getJobs(['waiting'], last, last);
  await clock.refresh();
  return oldest ? Math.max(0, clock.nowMs() - oldest.timestamp) : 0;
}
