import type { InboxConsumer, InboxJob } from '@showpad-webhooks/core/inbox';
import { type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { doneOf, type JobData, progressOf, toEntry, toReason } from './entry.ts';

/** Hands the jobs of a queue to the receiver. */
export interface JobRunner {
  /** Handles a job. Rejects if the attempt failed, as BullMQ expects it. */
  run(job: Job<JobData>): Promise<void>;
  /** Aborts the signals of these jobs, or of all. */
  abort(ids?: readonly string[]): void;
  /** Resolves when no job is running. */
  drain(): Promise<void>;
}

interface Run {
  readonly controller: AbortController;
  /** True if a checkpoint was refused, so that handlers are left. */
  isCutShort: boolean;
  result: Promise<void>;
}

export function createJobRunner(to: InboxConsumer, maxAttempts: number): JobRunner {
  const running = new Map<string, Run>();

  function run(job: Job<JobData>): Promise<void> {
    const id = String(job.id);
    const earlier = running.get(id);
    if (earlier) return join(earlier, job);
    const started: Run = {
      controller: new AbortController(),
      isCutShort: false,
      result: Promise.resolve(),
    };
    running.set(id, started);
    started.result = handle(job, started).finally(() => running.delete(id));
    return started.result;
  }

  async function handle(job: Job<JobData>, started: Run): Promise<void> {
    const { error } = toEntry(job.data);
    if (error) throw new UnrecoverableError(toReason(error));
    const inboxJob = inboxJobOf(job, started);
    const failure = await to.process(inboxJob);
    if (!failure) return;
    const reason = toReason(failure.kept);
    if (!failure.isFinal && job.attemptsStarted < maxAttempts) throw new Error(reason);
    to.onDead(inboxJob, failure);
    throw new UnrecoverableError(reason);
  }

  function inboxJobOf(job: Job<JobData>, started: Run): InboxJob {
    const { signal } = started.controller;
    const done = [...doneOf(job)];
    return {
      ...toEntry(job.data),
      attempt: job.attemptsStarted,
      isExhausted: job.attemptsStarted > maxAttempts,
      done: [...done],
      signal,
      async checkpoint(handlerName) {
        if (signal.aborted) {
          started.isCutShort = true;
          return false;
        }
        done.push(handlerName);
        await job.updateProgress({ ...progressOf(job), done: JSON.stringify(done) });
        return true;
      },
    };
  }

  /**
   * BullMQ hands a job over again if its lock ran out, for example while the event loop was blocked. The handlers of the
   * earlier run may still be going, so no second run begins: its result counts for this one too.
   */
  async function join(earlier: Run, job: Job<JobData>): Promise<void> {
    await earlier.result;
    if (!earlier.isCutShort) return;
    await job.moveToWait(job.token);
    throw new WaitingError();
  }

  return {
    run,
    abort(ids = [...running.keys()]) {
      for (const id of ids) running.get(id)?.controller.abort();
    },
    async drain() {
      while (running.size > 0) await Promise.allSettled([...running.values()].map(({ result }) => result));
    },
  };
}
