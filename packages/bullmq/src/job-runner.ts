import type { InboxConsumer, InboxJob } from '@showpad-webhooks/core/inbox';
import { type Job, UnrecoverableError } from 'bullmq';
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
  readonly result: Promise<void>;
}

export function createJobRunner(to: InboxConsumer, maxAttempts: number): JobRunner {
  const running = new Map<string, Run>();

  function run(job: Job<JobData>): Promise<void> {
    const id = String(job.id);
    // BullMQ hands a job over again if its lock ran out, for example while the event loop was blocked. The handlers may still
    // be running, so they do not start again: the result of the earlier run counts for this one too.
    const earlier = running.get(id);
    if (earlier) return earlier.result;
    const controller = new AbortController();
    const result = handle(job, controller.signal).finally(() => running.delete(id));
    running.set(id, { controller, result });
    return result;
  }

  async function handle(job: Job<JobData>, signal: AbortSignal): Promise<void> {
    const { error } = toEntry(job.data);
    if (error) throw new UnrecoverableError(toReason(error));
    const inboxJob = inboxJobOf(job, signal);
    const failure = await to.process(inboxJob);
    if (!failure) return;
    const reason = toReason(failure.kept);
    if (!failure.isFinal && job.attemptsStarted < maxAttempts) throw new Error(reason);
    to.onDead(inboxJob, failure);
    throw new UnrecoverableError(reason);
  }

  function inboxJobOf(job: Job<JobData>, signal: AbortSignal): InboxJob {
    const done = [...doneOf(job)];
    return {
      ...toEntry(job.data),
      attempt: job.attemptsStarted,
      isExhausted: job.attemptsStarted > maxAttempts,
      done: [...done],
      signal,
      async checkpoint(handlerName) {
        if (signal.aborted) return false;
        done.push(handlerName);
        await job.updateProgress({ ...progressOf(job), done: JSON.stringify(done) });
        return true;
      },
    };
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
