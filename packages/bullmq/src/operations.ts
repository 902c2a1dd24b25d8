import type { Inbox } from '@showpad-webhooks/core';
import type {
  InboxHealth,
  InboxItem,
  InboxOptions,
  InboxState,
  InboxTarget,
} from '@showpad-webhooks/core/inbox';
import type { Job, JobType } from 'bullmq';
import type { Queue } from './backend.ts';
import { findProblems } from './durability.ts';
import { type JobData, jobIdOf, progressOf, toItem } from './entry.ts';
import type { InboxQueue } from './inbox-queue.ts';
import { messageOf } from './shared.ts';

/** BullMQ's names for each state. Entries that wait are in one of two lists, and are listed one list after the other. */
const TYPES: Readonly<Record<InboxState, readonly JobType[]>> = {
  pending: ['waiting', 'delayed'],
  leased: ['active'],
  done: ['completed'],
  dead: ['failed'],
};
/** How many jobs one call deletes, so that no call takes long. */
const BATCH = 500;

/** What an operator does with an inbox. */
type Operations = Pick<Inbox, 'list' | 'counts' | 'retry' | 'discard' | 'purge' | 'health'>;

export function createOperations(
  { ask }: InboxQueue,
  { leaseMs, keepDoneMs, keepDeadMs }: Required<InboxOptions>,
): Operations {
  /** Changes everything that a target means at this moment. Resolves to how many jobs could be changed. */
  async function change(
    target: InboxTarget,
    changeJob: (job: Job<JobData>, state: InboxState) => Promise<boolean>,
  ): Promise<number> {
    const ids =
      'id' in target ? [jobIdOf(target.id)] : await ask((queue) => queue.getRanges([...TYPES[target.state]]));
    let count = 0;
    for (const id of ids) {
      const isChanged = await ask(async (queue) => {
        const job: Job<JobData> | undefined = await queue.getJob(id);
        return job !== undefined && changeJob(job, await stateOf(job));
      });
      if (isChanged) count++;
    }
    return count;
  }

  async function clean(type: 'completed' | 'failed', keptMs: number): Promise<number> {
    let count = 0;
    for (;;) {
      const { length } = await ask((queue) => queue.clean(keptMs, BATCH, type));
      count += length;
      if (length < BATCH) return count;
    }
  }

  async function findItem(queue: Queue, id: string): Promise<readonly InboxItem[]> {
    const job: Job<JobData> | undefined = await queue.getJob(jobIdOf(id));
    return job ? [toItem(job, { state: await stateOf(job), leaseMs, withBody: true })] : [];
  }

  return {
    list: ({ state = 'dead', id, limit = 100, cursor = '0:0' } = {}) =>
      ask(async (queue) => {
        if (id !== undefined) return { items: await findItem(queue, id), next: undefined };
        const types = TYPES[state];
        const items: InboxItem[] = [];
        let [place = 0, offset = 0] = cursor.split(':').map(Number);
        for (; place < types.length; place++, offset = 0) {
          const wanted = limit - items.length;
          const found: Job<JobData>[] = await queue.getJobs(types[place], offset, offset + wanted);
          for (const job of found.slice(0, wanted)) {
            items.push(toItem(job, { state, leaseMs, withBody: false }));
          }
          if (found.length > wanted) return { items, next: `${place}:${offset + wanted}` };
        }
        return { items, next: undefined };
      }),

    async counts() {
      const counts = await ask((queue) => queue.getJobCounts(...Object.values(TYPES).flat()));
      const sum = (state: InboxState) => TYPES[state].reduce((total, type) => total + (counts[type] ?? 0), 0);
      return { pending: sum('pending'), leased: sum('leased'), done: sum('done'), dead: sum('dead') };
    },

    retry: (target) =>
      change(target, async (job, state) => {
        if (state !== 'dead' && state !== 'done') return false;
        const { done, generation } = progressOf(job);
        await job.updateProgress({ done: state === 'done' ? '[]' : done, generation: generation + 1 });
        await job.retry(state === 'done' ? 'completed' : 'failed', {
          resetAttemptsMade: true,
          resetAttemptsStarted: true,
        });
        return true;
      }),

    discard: (target) =>
      change(target, async (job, state) => {
        if (state === 'leased') return false;
        await job.remove();
        return true;
      }),

    async purge() {
      return (await clean('completed', keepDoneMs)) + (await clean('failed', keepDeadMs));
    },

    async health(): Promise<InboxHealth> {
      try {
        return await ask(async (queue) => ({
          isReachable: true,
          lagMs: await lagOf(queue),
          problems: await findProblems(queue.getBackend()),
        }));
      } catch (cause) {
        return { isReachable: false, lagMs: 0, problems: [`The store cannot be read: ${messageOf(cause)}`] };
      }
    },
  };
}

/** How long the job that waits longest has been waiting. It is the last one of the list. */
async function lagOf(queue: Queue): Promise<number> {
  const last = (await queue.getWaitingCount()) - 1;
  const [oldest] = last < 0 ? [] : await queue.getJobs(['waiting'], last, last);
  return oldest ? Math.max(0, Date.now() - oldest.timestamp) : 0;
}

async function stateOf(job: Job): Promise<InboxState> {
  const type = (await job.getState()) as JobType;
  const [found] = Object.entries(TYPES).find(([, types]) => types.includes(type)) ?? ['pending'];
  return found as InboxState;
}
