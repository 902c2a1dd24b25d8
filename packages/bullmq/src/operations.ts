import type { Inbox } from '@showpad-webhooks/core';
import {
  type InboxItem,
  type InboxOptions,
  type InboxState,
  type InboxTarget,
} from '@showpad-webhooks/core/inbox';
import { checkKnown } from '@showpad-webhooks/core/shared';
import { bodyIsGone, checkTarget, eraseEntries } from '@showpad-webhooks/core/store';
import type { Job, JobType } from 'bullmq';
import type { Backend, Queue } from './backend.ts';
import type { InboxQueue } from './inbox-queue.ts';
import { toItem } from './item.ts';
import { erasedData, type JobData, jobIdOf, updateProgress } from './job-data.ts';
import { isUnreadable, readJob, type StoredEntry } from './read-job.ts';

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
type Operations = Pick<Inbox, 'list' | 'counts' | 'retry' | 'discard' | 'erase' | 'addDone' | 'purge'>;

export function createOperations(
  { ask }: InboxQueue,
  backend: Backend,
  { leaseMs, keepDoneMs, keepDeadMs }: Required<InboxOptions>,
): Operations {
  /** Changes everything that a target means at this moment. Resolves to how many jobs could be changed. */
  async function change(
    target: InboxTarget,
    changeJob: (job: Job<JobData>, state: InboxState) => Promise<boolean>,
  ): Promise<number> {
    checkTarget(target);
    const ids =
      'id' in target ? [target.id] : await ask((queue) => queue.getRanges([...TYPES[target.state]], 0, -1));
    let count = 0;
    for (const id of ids) {
      const isChanged = await ask(async (queue) => {
        const job = 'id' in target ? await findJob(queue, id) : await queue.getJob(id);
        return job !== undefined && changeJob(job, stateOf(await job.getState()));
      });
      if (isChanged) count++;
    }
    return count;
  }

  async function clean(type: 'completed' | 'failed', keptMs: number): Promise<number> {
    let count = 0;
    for (;;) {
      const { length } = await ask(async (queue) => {
        await backend.clock.refresh();
        // If one of the two clocks is ahead, it must not delete what is recent.
        const beforeMs = Math.min(backend.clock.nowMs(), Date.now()) - keptMs;
        return queue.getBackend().cleanJobsByState(type, Math.floor(beforeMs), BATCH);
      });
      count += length;
      if (length < BATCH) return count;
    }
  }

  const list: Inbox['list'] = async (query = {}) => {
    const { state = 'dead', id, limit = 100, cursor = '0:0' } = query;
    checkKnown(query, { state, id, limit, cursor });
    return ask(async (queue) => {
      if (id !== undefined) {
        const job = await findJob(queue, id);
        const found = job && toItem(job, { state: stateOf(await job.getState()), leaseMs, withBody: true });
        return { items: found ? [found] : [], next: undefined };
      }
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
    });
  };

  async function erase(id: string): Promise<InboxState | undefined> {
    return ask(async (queue) => {
      const job = await findJob(queue, id);
      if (!job) return undefined;
      await backend.clock.refresh();
      const jobId = String(job.id);
      const item = toItem(job, { state: 'done', leaseMs, withBody: false });
      const was = await backend.eraseJob(queue, jobId, erasedData(jobId, item));
      await backend.confirm(queue);
      return stateOf(was);
    });
  }

  return {
    list,

    async counts() {
      const counts = await ask((queue) => queue.getJobCounts(...Object.values(TYPES).flat()));
      const sum = (state: InboxState) => TYPES[state].reduce((total, type) => total + (counts[type] ?? 0), 0);
      return { pending: sum('pending'), leased: sum('leased'), done: sum('done'), dead: sum('dead') };
    },

    async retry(target) {
      let withoutBody = 0;
      const count = await change(target, async (job, state) => {
        const read = readSettled(job, state);
        if (!read) return false;
        if (!read.body) {
          withoutBody++;
          return false;
        }
        const done = state === 'done' ? [] : read.done;
        await updateProgress(job, { done, generation: read.generation + 1 });
        await job.retry(state === 'done' ? 'completed' : 'failed', {
          resetAttemptsMade: true,
          resetAttemptsStarted: true,
        });
        return true;
      });
      if (count === 0 && withoutBody > 0) throw bodyIsGone(target);
      return count;
    },

    discard: (target) =>
      change(target, async (job, state) => {
        if (state === 'leased') return false;
        await job.remove();
        return true;
      }),

    erase: (predicate, options) => eraseEntries(list, erase, predicate, options),

    async addDone(id, handlerName) {
      const count = await change({ id }, async (job, state) => {
        const read = readSettled(job, state);
        if (!read) return false;
        await updateProgress(job, { done: [...read.done, handlerName], generation: read.generation });
        return true;
      });
      return count > 0;
    },

    async purge() {
      return (await clean('completed', keepDoneMs)) + (await clean('failed', keepDeadMs));
    },
  };
}

/** Finds the job of an event. A job that cannot be read, or was erased, is listed with its id in BullMQ, and found by it. */
async function findJob(queue: Queue, id: string): Promise<Job<JobData> | undefined> {
  const job: Job<JobData> | undefined = await queue.getJob(jobIdOf(id));
  if (job) return job;
  const other: Job<JobData> | undefined = await queue.getJob(id.replace(/^erased:/, ''));
  const read = other && readJob(other);
  const listedId = read && (isUnreadable(read) ? other.id : read.entry.id);
  return listedId === id ? other : undefined;
}

function readSettled(job: Job, state: InboxState): StoredEntry | undefined {
  const read = readJob(job);
  return isUnreadable(read) || (state !== 'done' && state !== 'dead') ? undefined : read;
}

function stateOf(type: string): InboxState {
  const [found] = Object.entries(TYPES).find(([, types]) => types.some((each) => each === type)) ?? [
    'pending',
  ];
  return found as InboxState;
}
