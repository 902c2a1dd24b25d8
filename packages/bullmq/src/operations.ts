import type { Inbox, InboxHealth, InboxItem, InboxState, InboxTarget } from '@showpad-webhooks/core';
import { type InboxSettings, messageOf } from '@showpad-webhooks/core/inbox';
import { withDeadline } from '@showpad-webhooks/core/node';
import type { Job, JobType } from 'bullmq';
import type { Queue } from './backend.ts';
import { findProblems } from './durability.ts';
import { type JobData, jobIdOf, progressOf, toItem } from './entry.ts';

/** BullMQ's name for each state. Entries that wait are in one of several, and are listed one after another. */
const TYPES: Readonly<Record<InboxState, readonly JobType[]>> = {
  pending: ['waiting', 'delayed'],
  leased: ['active'],
  done: ['completed'],
  dead: ['failed'],
};
const BATCH = 500;
/** What an operator asks of an inbox. */
type Operations = Pick<Inbox, 'list' | 'counts' | 'retry' | 'discard' | 'purge' | 'health'>;

/** @param ready gives the queue, once it is connected. */
export function createOperations(
  ready: () => Promise<Queue>,
  { leaseMs, keepDoneMs, keepDeadMs }: InboxSettings,
): Operations {
  /** Changes all that a target means at this moment. Resolves to how many could be changed. */
  async function change(
    target: InboxTarget,
    one: (job: Job<JobData>, state: InboxState) => Promise<boolean>,
  ): Promise<number> {
    const jobs = await ready();
    const ids = 'id' in target ? [jobIdOf(target.id)] : await jobs.getRanges([...TYPES[target.state]]);
    let count = 0;
    for (const id of ids) {
      const job: Job<JobData> | undefined = await jobs.getJob(id);
      if (job && (await one(job, await stateOf(job)))) count++;
    }
    return count;
  }

  async function look(): Promise<Pick<InboxHealth, 'lagMs' | 'problems'>> {
    const jobs = await ready();
    const last = (await jobs.getWaitingCount()) - 1;
    const [oldest] = last < 0 ? [] : await jobs.getJobs(['waiting'], last, last);
    const lagMs = oldest ? Math.max(0, Date.now() - oldest.timestamp) : 0;
    return { lagMs, problems: await findProblems(jobs.getBackend()) };
  }

  return {
    async list({ state = 'dead', id, limit = 100, cursor = '0:0' } = {}) {
      const jobs = await ready();
      if (id !== undefined) {
        const job: Job<JobData> | undefined = await jobs.getJob(jobIdOf(id));
        return { items: job ? [toItem(job, await stateOf(job), leaseMs, true)] : [], next: undefined };
      }
      const types = TYPES[state];
      const items: InboxItem[] = [];
      let [place = 0, offset = 0] = cursor.split(':').map(Number);
      for (; place < types.length; place++, offset = 0) {
        const wanted = limit - items.length;
        const found: Job<JobData>[] = await jobs.getJobs(types[place], offset, offset + wanted);
        items.push(...found.slice(0, wanted).map((job) => toItem(job, state, leaseMs, false)));
        if (found.length > wanted) return { items, next: `${place}:${offset + wanted}` };
      }
      return { items, next: undefined };
    },

    async counts() {
      const counts = await (await ready()).getJobCounts(...Object.values(TYPES).flat());
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
      const jobs = await ready();
      let count = 0;
      for (const [type, keptMs] of [
        ['completed', keepDoneMs],
        ['failed', keepDeadMs],
      ] as const) {
        for (let removed = BATCH; removed === BATCH; count += removed) {
          removed = (await jobs.clean(keptMs, BATCH, type)).length;
        }
      }
      return count;
    },

    async health(): Promise<InboxHealth> {
      try {
        return { isReachable: true, ...(await withDeadline(look())) };
      } catch (error) {
        return { isReachable: false, lagMs: 0, problems: [`the store can't be read: ${messageOf(error)}`] };
      }
    },
  };
}

async function stateOf(job: Job): Promise<InboxState> {
  const state = await job.getState();
  const [found] = Object.entries(TYPES).find(([, types]) => types.includes(state as JobType)) ?? ['pending'];
  return found as InboxState;
}
